import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { Bucket } from './bucket.ts';
import type { ObjectVersion, StoredObject } from './object-version.ts';

export type CreationReason = 'PutObject' | 'POST Object' | 'CopyObject' | 'CompleteMultipartUpload';

/** An event as EventBridge carries it (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). */
export interface ObjectEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Object Created' | 'Object Deleted';
  readonly source: 'aws.s3';
  readonly account: string;
  /** ISO 8601, in whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: {
    readonly version: '0';
    readonly 'event-version': '1.2';
    readonly bucket: { readonly name: string };
    readonly object: {
      readonly key: string;
      /** In bytes; not present when an object was deleted. */
      readonly size?: number;
      readonly etag: string;
      /** Only where the bucket keeps versions. */
      readonly 'version-id'?: string;
      /** Of two events for one key the later has the higher one, as text. */
      readonly sequencer: string;
    };
    readonly 'request-id': string;
    readonly requester: string;
    readonly 'source-ip-address': string;
    readonly reason: CreationReason | 'DeleteObject';
    readonly 'deletion-type'?: 'Permanently Deleted' | 'Delete Marker Created';
  };
}

/** The request that an event tells of. */
interface Cause {
  readonly requestId: string;
  readonly sourceIp: string;
}

const ETAG_OF_NOTHING = createHash('md5').digest('hex');

/** Tells EventBridge what happened in the buckets that are set to announce it. */
export class ObjectEvents {
  readonly #clock: Clock;
  readonly #region: string;
  readonly #emit: (event: ObjectEvent) => void;

  constructor(clock: Clock, region: string, emit: (event: ObjectEvent) => void) {
    this.#clock = clock;
    this.#region = region;
    this.#emit = emit;
  }

  created(bucket: Bucket, object: StoredObject, reason: CreationReason, cause: Cause): void {
    this.#announce(bucket, 'Object Created', cause, {
      object: { ...this.#identify(bucket, object, object.sequence), size: object.sizeBytes },
      reason,
    });
  }

  /** A version is gone for good. */
  deleted(bucket: Bucket, version: ObjectVersion, cause: Cause): void {
    this.#announce(bucket, 'Object Deleted', cause, {
      object: this.#identify(bucket, version, bucket.nextSequence()),
      reason: 'DeleteObject',
      'deletion-type': 'Permanently Deleted',
    });
  }

  markerCreated(bucket: Bucket, marker: ObjectVersion, cause: Cause): void {
    this.#announce(bucket, 'Object Deleted', cause, {
      object: this.#identify(bucket, marker, marker.sequence),
      reason: 'DeleteObject',
      'deletion-type': 'Delete Marker Created',
    });
  }

  #identify(bucket: Bucket, version: ObjectVersion, sequence: number) {
    return {
      key: version.key,
      etag: version.kind === 'object' ? version.etag : ETAG_OF_NOTHING,
      ...(bucket.versioning && { 'version-id': version.versionId }),
      sequencer: sequence.toString(16).toUpperCase().padStart(18, '0'),
    };
  }

  #announce(
    bucket: Bucket,
    detailType: ObjectEvent['detail-type'],
    cause: Cause,
    what: Pick<ObjectEvent['detail'], 'object' | 'reason' | 'deletion-type'>,
  ): void {
    if (!bucket.configuration.announcesToEventBridge) return;
    this.#emit({
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source: 'aws.s3',
      account: LOCAL_ACCOUNT,
      time: new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.#region,
      resources: [bucket.arn],
      detail: {
        version: '0',
        'event-version': '1.2',
        bucket: { name: bucket.name },
        ...what,
        'request-id': cause.requestId,
        requester: LOCAL_ACCOUNT,
        'source-ip-address': cause.sourceIp,
      },
    });
  }
}
