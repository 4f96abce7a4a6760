import { AwsError, type RawRequest } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import { readTarget, type S3Target } from './request.ts';

/** The action of each operation (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). */
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  GetBucketLocation: 'GetBucketLocation',
  GetBucketVersioning: 'GetBucketVersioning',
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
};

/** What a call to S3 needs. `keys` are those that a DeleteObjects request names in its body. */
export function s3Permissions(operation: string, request: RawRequest, named: readonly NamedObject[] = []): Permission[] {
  const target = readTarget(request);
  const bucketArn = `arn:aws:s3:::${target.bucket}`;
  const objectPermission = (action: string, key: string): Permission => ({ action: `s3:${action}`, resource: `${bucketArn}/${key}` });

  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  if (operation === 'CopyObject') return [copySourcePermission(target), objectPermission('PutObject', target.key)];
  if (operation === 'DeleteObjects') return named.map(({ key, versionId }) => objectPermission(versioned('DeleteObject', versionId), key));
  const bucketAction = BUCKET_ACTIONS[operation];
  if (bucketAction) return [{ action: `s3:${bucketAction}`, resource: bucketArn, context: listingContext(target) }];
  const versionedAction = VERSIONED_ACTIONS[operation];
  if (versionedAction) return [objectPermission(versioned(versionedAction, target.query.get('versionId')), target.key)];
  const objectAction = OBJECT_ACTIONS[operation];
  if (!objectAction) throw new AwsError('NotImplemented', `The permission for ${operation} is not known to the local runtime.`, 501);
  return [objectPermission(objectAction, target.key)];
}

interface NamedObject {
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** Reading the source of a copy needs the version's own action where one is named. */
function copySourcePermission({ headers }: S3Target): Permission {
  const [path = '', version] = (headers['x-amz-copy-source'] ?? '').split('?versionId=');
  const source = decodeURIComponent(path).replace(/^\//, '');
  return { action: `s3:${versioned('GetObject', version)}`, resource: `arn:aws:s3:::${source}` };
}

function versioned(action: string, versionId: string | undefined): string {
  return versionId === undefined ? action : `${action}Version`;
}

function listingContext({ query }: S3Target): Record<string, string> {
  const context = { 's3:prefix': query.get('prefix'), 's3:delimiter': query.get('delimiter'), 's3:max-keys': query.get('max-keys') };
  return Object.fromEntries(Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
