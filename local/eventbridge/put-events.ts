import { AwsError, notEmulated } from '../platform/call.ts';
import type { PublishedEvent } from './event.ts';
import { isDefaultBus } from './rule.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/** https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb */
const MAX_BYTES = 1024 * 1024;
/** What a time counts for (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html). */
const TIME_BYTES = 14;

export interface PutEventsInput {
  readonly Entries?: readonly PutEventsEntry[];
  readonly EndpointId?: string;
}

interface PutEventsEntry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Resources?: readonly string[];
  /** Epoch seconds. */
  readonly Time?: number;
  readonly EventBusName?: string;
}

/** Why one entry is refused while the others are taken. */
export interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** The events of a request, or for each that is none the reason. */
export function readEntries({ Entries: entries = [], EndpointId: endpoint }: PutEventsInput): (PublishedEvent | EntryError)[] {
  if (endpoint !== undefined) throw notEmulated('the member EndpointId of PutEvents');
  if (entries.length < 1 || entries.length > MAX_ENTRIES) {
    const bound = entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`;
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + sizeInBytes(entry), 0) > MAX_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return entries.map(readEntry);
}

export function isEntryError(entry: PublishedEvent | EntryError): entry is EntryError {
  return 'ErrorCode' in entry;
}

function readEntry(entry: PutEventsEntry): PublishedEvent | EntryError {
  const { Source: source, DetailType: detailType, Detail: detail, Resources: resources, Time: time, EventBusName: bus = 'default' } = entry;
  if (!isDefaultBus(bus)) throw notEmulated(`event buses other than the default one (${bus})`);
  if (!source) return missing('Source');
  if (!detailType) return missing('DetailType');
  if (!detail) return missing('Detail');
  if (source.startsWith('aws.')) return { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' };
  const document = parseDetail(detail);
  if (!document) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return {
    source,
    'detail-type': detailType,
    detail: document,
    ...(resources && { resources }),
    ...(time !== undefined && { time: new Date(Math.floor(time) * 1000).toISOString().replace('.000Z', 'Z') }),
  };
}

function missing(parameter: string): EntryError {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`,
  };
}

function parseDetail(detail: string): object | undefined {
  try {
    const document: unknown = JSON.parse(detail);
    return typeof document === 'object' && document !== null && !Array.isArray(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function sizeInBytes({ Source = '', DetailType = '', Detail = '', Resources = [], Time }: PutEventsEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : TIME_BYTES);
}
