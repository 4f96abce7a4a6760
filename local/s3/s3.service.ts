import { randomBytes } from 'node:crypto';
import type { AccessKeys } from '../front-door/access-keys.ts';
import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { State } from '../platform/state.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { bucketType } from './bucket.resource.ts';
import { BucketPolicies, type PolicyDocument } from './bucket-policy.resource.ts';
import { corsHeaders } from './cors.ts';
import { renderS3Error } from './error-reply.ts';
import { MultipartUploads } from './multipart-uploads.ts';
import { type ObjectEvent, ObjectEvents } from './object-events.ts';
import { ObjectStore } from './object-store.ts';
import type { Tags } from './object-version.ts';
import { parseDelete } from './operations/delete-objects.ts';
import { readFormKey } from './operations/post-object.ts';
import { s3Permissions } from './permissions.ts';
import { isPostForm, readPostForm } from './post-form.ts';
import { verifyPostSignature } from './post-signature.ts';
import { readTarget } from './request.ts';
import { findRoute } from './routes.ts';
import type { S3State } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

export interface S3ServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly keys: AccessKeys;
  /** Where the bytes of objects are kept between runs. */
  readonly directory: string;
  /** What else is known of them. */
  readonly state?: State;
  /**
   * Called when an object of a bucket that announces to EventBridge is written or deleted, in one step with that: what it stores is stored
   * with the object, and when it throws the object is not written.
   */
  readonly onObjectEvent: (event: ObjectEvent) => void;
}

/** A form upload whose signature was verified; its policy was not held against it yet. */
export interface SignedForm {
  readonly principal: Principal;
  readonly bucket: string;
  readonly key: string;
}

/** Amazon S3, in path style. */
export class S3Service implements Service {
  readonly signingNames = ['s3'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #state: S3State;
  readonly #policies = new BucketPolicies();

  constructor({ clock, region, keys, directory, state = State.inMemory(), onObjectEvent }: S3ServiceOptions) {
    const uploads = new MultipartUploads(state.map('s3-uploads'));
    const store = new ObjectStore({ clock, state, directory, uploads });
    this.#state = { store, uploads, events: new ObjectEvents(clock, region, onObjectEvent), clock, region, keys };
    this.resourceTypes = [bucketType(store, region), this.#policies.resourceType()];
  }

  /** Whether what happens in a bucket is told to EventBridge. */
  announces(bucketName: string): boolean {
    return this.#state.store.find(bucketName)?.configuration.announcesToEventBridge ?? false;
  }

  /** The bucket's policy as the template states it. */
  policyOf(bucketName: string): PolicyDocument | undefined {
    return this.#policies.policyOf(bucketName);
  }

  /**
   * Who signed a form upload's policy, and what the form would write, for a decision on access: the front door sees the
   * request as anonymous. Throws when nobody rightly signed it.
   */
  async signedForm(request: RawRequest): Promise<SignedForm> {
    const { fields } = await readPostForm(request.headers['content-type'] ?? '', request.body);
    const { principal } = verifyPostSignature(fields, this.#state.keys, this.#state.region);
    return { principal, bucket: readTarget(request).bucket, key: readFormKey(fields) };
  }

  /** Forms, whose policy is signed instead of the request, and a browser's preflights, which nobody signs. */
  acceptsUnsigned(request: RawRequest): boolean {
    if (request.method === 'OPTIONS') return /^\/[^/]/.test(request.path);
    return request.method === 'POST' && /^\/[^/]+\/?$/.test(request.path) && isPostForm(request.headers);
  }

  /** A form is charged to whoever signed its policy; a browser's preflight does nothing that could be forbidden. */
  async permissionsFor(call: AwsCall, operation: string): Promise<readonly Permission[]> {
    if (call.method === 'OPTIONS') return [];
    if (operation === 'PostObject') {
      const { principal, bucket, key } = await this.signedForm(call);
      return [{ action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/${key}`, principal }];
    }
    const named = operation === 'DeleteObjects' ? parseDelete(call.body).objects : [];
    return s3Permissions(operation, call, { named, tagsOf: (object) => this.#tagsOf(object) });
  }

  resourcePolicyOf(resourceArn: string): object | undefined {
    return this.policyOf(resourceArn.replace('arn:aws:s3:::', '').split('/')[0] ?? '');
  }

  resourcePolicies(): [bucketArn: string, document: object][] {
    return [...this.#policies.all()].map(([name, document]) => [`arn:aws:s3:::${name}`, document]);
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDenied', message, 403);
  }

  operationOf(request: RawRequest): string {
    return findRoute(readTarget(request)).operation;
  }

  async handle(call: AwsCall): Promise<AwsReply> {
    const target = readTarget(call);
    if ((target.headers['x-amz-expected-bucket-owner'] ?? LOCAL_ACCOUNT) !== LOCAL_ACCOUNT) {
      throw new S3Error('AccessDenied', 'Access Denied', 403);
    }
    const requestId = newRequestId();
    const { content, trailers } = decodeAwsChunked(target.headers, call.body);
    const { run } = findRoute(target);
    const headers = { ...target.headers, ...trailers };
    const reply = await run({ ...target, headers, body: content, sourceIp: call.sourceIp, requestId }, this.#state);
    return this.#finish(reply, call, requestId);
  }

  /** A cross-origin reader sees refusals, too, only with the bucket's CORS headers. */
  readonly renderError = (error: AwsError, request: RawRequest): AwsReply => {
    const requestId = newRequestId();
    const refusal = renderS3Error(error, requestId);
    return this.#finish(request.method === 'HEAD' ? { ...refusal, body: '' } : refusal, request, requestId);
  };

  #tagsOf({ bucket: name, key, versionId }: { bucket: string; key: string; versionId?: string | undefined }): Tags {
    const bucket = this.#state.store.find(name);
    const version = versionId === undefined ? bucket?.current(key) : bucket?.find(key, versionId);
    return version?.kind === 'object' ? (version.tags ?? {}) : {};
  }

  #finish(reply: AwsReply, { method, path, headers }: RawRequest, requestId: string): AwsReply {
    const [, bucket = ''] = path.split('/');
    const rules = this.#state.store.find(bucket)?.configuration.corsRules ?? [];
    const cors = method === 'OPTIONS' ? {} : corsHeaders(rules, headers['origin'], method);
    // SDKs read the second, which S3 leaves out and the front door would fill with another id.
    const ids = { 'x-amz-request-id': requestId, 'x-amzn-requestid': requestId };
    return { ...reply, headers: { ...ids, ...reply.headers, ...cors } };
  }
}

/** Of the form that AWS's have. */
function newRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
