import { AwsError } from '../platform/call.ts';
import { parseFilterPattern } from './filter-pattern.ts';
import type { LogGroup, StoredEvent } from './log-group.ts';
import { allowOnly, positionOf } from './paging.ts';

/** Events per answer unless the caller says (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html). */
const DEFAULT_LIMIT = 10_000;

interface TimeRange {
  /** Milliseconds since the epoch, inclusive. */
  startTime?: number;
  /** Milliseconds since the epoch: exclusive for GetLogEvents, inclusive for FilterLogEvents. */
  endTime?: number;
}

export interface GetLogEventsInput extends TimeRange {
  logGroupName?: string;
  logStreamName?: string;
  startFromHead?: boolean;
  limit?: number;
  nextToken?: string;
}

/** Pages forwards and backwards through one stream: tokens name the sequence number that a page borders on. */
export function getLogEvents(group: LogGroup, input: GetLogEventsInput): object {
  const members = ['logGroupName', 'logStreamName', 'startFromHead', 'limit', 'nextToken', 'startTime', 'endTime'];
  allowOnly('GetLogEvents', input, members);
  if (!group.stream(input.logStreamName ?? '')) {
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
  const inRange = group
    .events()
    .filter((event) => event.stream === input.logStreamName)
    .filter((event) => event.timestamp >= (input.startTime ?? 0) && event.timestamp < (input.endTime ?? Number.POSITIVE_INFINITY));
  const limit = input.limit ?? DEFAULT_LIMIT;
  const [direction, border] = readStreamToken(input.nextToken);
  const ahead = inRange.filter((event) => (direction === 'b' ? event.sequence < border : event.sequence >= border));
  const backwards = direction === 'b' || (direction === undefined && !input.startFromHead);
  const events = backwards ? ahead.slice(-limit) : ahead.slice(0, limit);
  const first = events[0]?.sequence ?? border;
  const last = events.at(-1)?.sequence ?? border - 1;
  return {
    events: events.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    nextForwardToken: `f/${last + 1}`,
    nextBackwardToken: `b/${first}`,
  };
}

export interface FilterLogEventsInput extends TimeRange {
  logGroupName?: string;
  logStreamNames?: string[];
  logStreamNamePrefix?: string;
  filterPattern?: string;
  limit?: number;
  nextToken?: string;
}

export function filterLogEvents(group: LogGroup, input: FilterLogEventsInput): object {
  const members = ['logGroupName', 'logStreamNames', 'logStreamNamePrefix', 'filterPattern', 'limit', 'nextToken', 'startTime', 'endTime'];
  allowOnly('FilterLogEvents', input, members);
  const matches = parseFilterPattern(input.filterPattern ?? '');
  const from = input.nextToken === undefined ? 0 : positionOf(input.nextToken);
  const matching = group
    .events()
    .filter((event) => event.sequence >= from && inStreams(event, input))
    .filter((event) => event.timestamp >= (input.startTime ?? 0) && event.timestamp <= (input.endTime ?? Number.POSITIVE_INFINITY))
    .filter((event) => matches(event.message));
  const limit = input.limit ?? DEFAULT_LIMIT;
  const next = matching[limit];
  return {
    events: matching.slice(0, limit).map((event) => ({
      eventId: String(event.sequence).padStart(56, '0'),
      logStreamName: event.stream,
      timestamp: event.timestamp,
      ingestionTime: event.timestamp,
      message: event.message,
    })),
    searchedLogStreams: [],
    nextToken: next && String(next.sequence),
  };
}

function inStreams(event: StoredEvent, { logStreamNames, logStreamNamePrefix }: FilterLogEventsInput): boolean {
  return (logStreamNames?.includes(event.stream) ?? true) && event.stream.startsWith(logStreamNamePrefix ?? '');
}

function readStreamToken(token: string | undefined): ['f' | 'b' | undefined, number] {
  if (token === undefined) return [undefined, 0];
  const [direction, position = ''] = token.split('/');
  if (direction !== 'f' && direction !== 'b') {
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  return [direction, positionOf(position)];
}
