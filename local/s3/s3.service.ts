import { randomBytes } from 'node:crypto';
import type { AccessKeys } from '../front-door/access-keys.ts';
import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { bucketType } from './bucket.resource.ts';
import { BucketPolicies, type PolicyDocument } from './bucket-policy.resource.ts';
import { corsHeaders } from './cors.ts';
import { renderS3Error } from './error-reply.ts';
import { MultipartUploads } from './multipart-uploads.ts';
import { type ObjectEvent, ObjectEvents } from './object-events.ts';
import { ObjectStore } from './object-store.ts';
import { parseDelete } from './operations/delete-objects.ts';
import { readFormKey } from './operations/post-object.ts';
import { s3Permissions } from './permissions.ts';
import { isPostForm, readPostForm } from './post-form.ts';
import { verifyPostSignature } from './post-signature.ts';
import { readTarget, type S3Target } from './request.ts';
import { findRoute } from './routes.ts';
import type { S3State } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

export interface S3ServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly keys: AccessKeys;
  /** Where objects are kept between runs. */
  readonly directory: string;
  /** Called after an object of a bucket that announces to EventBridge was written or deleted. */
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

  constructor({ clock, region, keys, directory, onObjectEvent }: S3ServiceOptions) {
    const store = new ObjectStore(directory, clock);
    this.#state = { store, uploads: new MultipartUploads(), events: new ObjectEvents(clock, region, onObjectEvent), clock, region, keys };
    this.resourceTypes = [bucketType(store, region), this.#policies.resourceType()];
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
    return s3Permissions(operation, call, operation === 'DeleteObjects' ? parseDelete(call.body).objects : []);
  }

  resourcePolicyOf(resourceArn: string): object | undefined {
    return this.policyOf(resourceArn.replace('arn:aws:s3:::', '').split('/')[0] ?? '');
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDenied', message, 403);
  }

  operationOf(request: RawRequest): string {
    return findRoute(readTarget(request)).operation;
  }

  async handle(call: AwsCall): Promise<AwsReply> {
    const requestId = newRequestId();
    const target = readTarget(call);
    const reply = await this.#answer(call, target, requestId);
    const rules = this.#state.store.find(target.bucket)?.configuration.corsRules ?? [];
    const cors = call.method === 'OPTIONS' ? {} : corsHeaders(rules, call.headers['origin'], call.method);
    // SDKs read the second, which S3 leaves out and the front door would fill with another id.
    const ids = { 'x-amz-request-id': requestId, 'x-amzn-requestid': requestId };
    return { ...reply, headers: { ...ids, ...reply.headers, ...cors } };
  }

  readonly renderError = (error: AwsError): AwsReply => renderS3Error(error, newRequestId());

  /** Refusals are rendered here, since a cross-origin reader sees them only with the bucket's CORS headers. */
  async #answer(call: AwsCall, target: S3Target, requestId: string): Promise<AwsReply> {
    try {
      if ((target.headers['x-amz-expected-bucket-owner'] ?? LOCAL_ACCOUNT) !== LOCAL_ACCOUNT) {
        throw new S3Error('AccessDenied', 'Access Denied', 403);
      }
      const { content, trailers } = decodeAwsChunked(target.headers, call.body);
      const headers = { ...target.headers, ...trailers };
      const { run } = findRoute(target);
      return await run({ ...target, headers, body: content, sourceIp: call.sourceIp, requestId }, this.#state);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const refusal = renderS3Error(error, requestId);
      return call.method === 'HEAD' ? { ...refusal, body: '' } : refusal;
    }
  }
}

/** Of the form that AWS's have. */
function newRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
