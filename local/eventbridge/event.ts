import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

/** An event as targets get it (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html). */
export interface EventEnvelope {
  readonly version: string;
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, in whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** What a publisher says; EventBridge adds what is missing. */
export type PublishedEvent = Pick<EventEnvelope, 'detail-type' | 'source' | 'detail'> & Partial<EventEnvelope>;

export function completeEvent(event: PublishedEvent, region: string, nowMs: number): EventEnvelope {
  return {
    version: event.version ?? '0',
    id: event.id ?? randomUUID(),
    'detail-type': event['detail-type'],
    source: event.source,
    account: event.account ?? LOCAL_ACCOUNT,
    time: event.time ?? new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: event.region ?? region,
    resources: event.resources ?? [],
    detail: event.detail,
  };
}
