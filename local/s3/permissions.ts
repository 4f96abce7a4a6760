import { AwsError, type RawRequest } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import type { Tags } from './object-version.ts';
import { copiesTags } from './operations/copy-object.ts';
import { readTarget, type S3Target } from './request.ts';

/** The action of each operation (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). */
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  GetBucketLocation: 'GetBucketLocation',
  GetBucketVersioning: 'GetBucketVersioning',
  GetBucketTagging: 'GetBucketTagging',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  PutObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  ListParts: 'ListMultipartUploadParts',
};
/** Operations for which naming a version is an action of its own. */
const VERSIONED_ACTIONS: Readonly<Record<string, string>> = {
  GetObject: 'GetObject',
  HeadObject: 'GetObject',
  DeleteObject: 'DeleteObject',
  GetObjectTagging: 'GetObjectTagging',
  PutObjectTagging: 'PutObjectTagging',
};

/** What the state of the bucket adds to a request. */
interface Known {
  /** The tags that an object has, or none. */
  readonly tagsOf: (object: ObjectAddress) => Tags;
  /** What a DeleteObjects request names in its body. */
  readonly named?: readonly NamedObject[];
}

/** What a call to S3 needs. */
export function s3Permissions(operation: string, request: RawRequest, { tagsOf, named = [] }: Known): Permission[] {
  const target = readTarget(request);
  const bucketArn = `arn:aws:s3:::${target.bucket}`;
  const objectPermission = (action: string, key: string): Permission => ({ action: `s3:${action}`, resource: `${bucketArn}/${key}` });

  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  if (operation === 'CopyObject') return copyPermissions(target, tagsOf);
  if (operation === 'DeleteObjects') return named.map(({ key, versionId }) => objectPermission(versioned('DeleteObject', versionId), key));
  const bucketAction = BUCKET_ACTIONS[operation];
  if (bucketAction) return [{ action: `s3:${bucketAction}`, resource: bucketArn, context: listingContext(target) }];
  const versionedAction = VERSIONED_ACTIONS[operation];
  if (versionedAction) {
    return [permissionOn({ bucket: target.bucket, key: target.key, versionId: target.query.get('versionId') }, versionedAction, tagsOf)];
  }
  const objectAction = OBJECT_ACTIONS[operation];
  if (!objectAction) throw new AwsError('NotImplemented', `The permission for ${operation} is not known to the local runtime.`, 501);
  return [objectPermission(objectAction, target.key)];
}

interface NamedObject {
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** An object, or one version of it. */
interface ObjectAddress extends NamedObject {
  readonly bucket: string;
}

/** Naming a version makes it an action of its own. Who reads an object or its tags, or sets these, may be told apart by what tags it has. */
function permissionOn(object: ObjectAddress, action: string, tagsOf: Known['tagsOf']): Permission {
  const tags = action === 'DeleteObject' ? {} : tagsOf(object);
  const context = Object.fromEntries(Object.entries(tags).map(([key, value]) => [`s3:ExistingObjectTag/${key}`, value]));
  return { action: `s3:${versioned(action, object.versionId)}`, resource: `arn:aws:s3:::${object.bucket}/${object.key}`, context };
}

/**
 * A copy reads its source, and where the source has tags that are to be copied it reads and writes those as well
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html#tagging-managing).
 */
function copyPermissions({ bucket, key, headers }: S3Target, tagsOf: Known['tagsOf']): Permission[] {
  const source = copySourceOf(headers);
  const copy = `arn:aws:s3:::${bucket}/${key}`;
  const needed = [permissionOn(source, 'GetObject', tagsOf), { action: 's3:PutObject', resource: copy }];
  if (!copiesTags(headers) || Object.keys(tagsOf(source)).length === 0) return needed;
  return [...needed, permissionOn(source, 'GetObjectTagging', tagsOf), { action: 's3:PutObjectTagging', resource: copy }];
}

function copySourceOf(headers: S3Target['headers']): ObjectAddress {
  const [path = '', versionId] = (headers['x-amz-copy-source'] ?? '').split('?versionId=');
  const [bucket = '', ...key] = decodeURIComponent(path).replace(/^\//, '').split('/');
  return { bucket, key: key.join('/'), versionId };
}

/** `GetObject` becomes `GetObjectVersion`, and `GetObjectTagging` `GetObjectVersionTagging`. */
function versioned(action: string, versionId: string | undefined): string {
  return versionId === undefined ? action : action.replace('Object', 'ObjectVersion');
}

function listingContext({ query }: S3Target): Record<string, string> {
  const context = { 's3:prefix': query.get('prefix'), 's3:delimiter': query.get('delimiter'), 's3:max-keys': query.get('max-keys') };
  return Object.fromEntries(Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
