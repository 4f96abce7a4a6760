import type { LogGroup } from './log-group.ts';
import { allowOnly, page } from './paging.ts';

/** Groups and streams per page unless the caller says (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html). */
const DEFAULT_PAGE = 50;

export interface DescribeLogGroupsInput {
  logGroupNamePrefix?: string;
  limit?: number;
  nextToken?: string;
}

export function describeLogGroups(groups: readonly LogGroup[], input: DescribeLogGroupsInput): object {
  allowOnly('DescribeLogGroups', input, ['logGroupNamePrefix', 'limit', 'nextToken']);
  const matching = groups.filter((group) => group.name.startsWith(input.logGroupNamePrefix ?? '')).sort((a, b) => compare(a.name, b.name));
  const { items, nextToken } = page(matching, input.nextToken, input.limit ?? DEFAULT_PAGE);
  const logGroups = items.map((group) => ({
    logGroupName: group.name,
    arn: group.arn,
    logGroupArn: group.arn.replace(/:\*$/, ''),
    creationTime: group.createdAt,
    logGroupClass: 'STANDARD',
  }));
  return { logGroups, nextToken };
}

export interface DescribeLogStreamsInput {
  logGroupName?: string;
  logStreamNamePrefix?: string;
  orderBy?: 'LogStreamName' | 'LastEventTime';
  descending?: boolean;
  limit?: number;
  nextToken?: string;
}

export function describeLogStreams(group: LogGroup, input: DescribeLogStreamsInput): object {
  allowOnly('DescribeLogStreams', input, ['logGroupName', 'logStreamNamePrefix', 'orderBy', 'descending', 'limit', 'nextToken']);
  const matching = group.streams().filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));
  matching.sort((a, b) => (input.orderBy === 'LastEventTime' ? a.lastEventAt - b.lastEventAt : compare(a.name, b.name)));
  if (input.descending) matching.reverse();
  const { items, nextToken } = page(matching, input.nextToken, input.limit ?? DEFAULT_PAGE);
  const logStreams = items.map((stream) => ({
    logStreamName: stream.name,
    arn: group.arn.replace(/\*$/, `log-stream:${stream.name}`),
    creationTime: stream.createdAt,
    firstEventTimestamp: stream.firstEventAt,
    lastEventTimestamp: stream.lastEventAt,
    lastIngestionTime: stream.lastEventAt,
  }));
  return { logStreams, nextToken };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
