import type { AccessKeys } from '../front-door/access-keys.ts';
import type { AwsReply } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import type { ObjectEvents } from './object-events.ts';
import type { ObjectStore } from './object-store.ts';
import type { S3Target } from './request.ts';

/** A request to S3, its body out of the `aws-chunked` coding and the body's trailers among the headers. */
export interface S3Call extends S3Target {
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
}

/** What the operations work on. */
export interface S3State {
  readonly store: ObjectStore;
  readonly uploads: MultipartUploads;
  readonly events: ObjectEvents;
  readonly clock: Clock;
  readonly region: string;
  readonly keys: AccessKeys;
}

export type S3Operation = (call: S3Call, s3: S3State) => Promise<AwsReply>;

/** A reply with an XML document, or with an empty body. */
export function xmlReply(document: string, headers: Readonly<Record<string, string>> = {}): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: document };
}

export function emptyReply(status: 200 | 204, headers: Readonly<Record<string, string>> = {}): AwsReply {
  return { status, headers, body: '' };
}
