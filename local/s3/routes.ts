import { CHECKSUM_ALGORITHMS } from './checksums.ts';
import { getBucketLocation, getBucketTagging, getBucketVersioning, headBucket, listBuckets } from './operations/buckets.ts';
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-objects.ts';
import { getObject, headObject } from './operations/get-object.ts';
import { listMultipartUploads } from './operations/list-multipart-uploads.ts';
import { listObjectVersions } from './operations/list-object-versions.ts';
import { listObjectsV2 } from './operations/list-objects.ts';
import { abortMultipartUpload, createMultipartUpload, listParts, uploadPart } from './operations/multipart-upload.ts';
import { getObjectTagging, putObjectTagging } from './operations/object-tagging.ts';
import { postObject } from './operations/post-object.ts';
import { preflight } from './operations/preflight.ts';
import { putObject } from './operations/put-object.ts';
import { isPostForm } from './post-form.ts';
import type { S3Target } from './request.ts';
import type { S3Operation } from './s3-call.ts';
import { notImplemented, preconditionFailed } from './s3-error.ts';

/** One operation and all that may steer it. A request with anything else is refused, never half understood. */
interface Route {
  readonly operation: string;
  readonly method: string;
  readonly target: 'account' | 'bucket' | 'object';
  /** Query parameters, with a value where only that one will do, or headers that make a request this operation's. */
  readonly requires?: readonly string[];
  /** Further query parameters that are honoured. */
  readonly query?: readonly string[];
  /** Headers that are honoured, of those that could change what happens; a trailing asterisk stands for any ending. */
  readonly headers?: readonly string[];
  readonly run: S3Operation;
}

/** Headers of the signature and the transfer, which every operation takes. */
const COMMON_HEADERS = ['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'x-amz-user-agent', 'x-amz-expected-bucket-owner'];
/** Headers beside `x-amz-*` that change what happens. */
const STEERING_HEADERS = ['content-md5', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range'];

const BODY = [
  'content-md5',
  'x-amz-decoded-content-length',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-trailer',
  ...CHECKSUM_ALGORITHMS.map((algorithm) => `x-amz-checksum-${algorithm}`),
];
const DESCRIPTION = [
  'x-amz-acl',
  'x-amz-meta-*',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
];
const WRITE_CONDITIONS = ['if-match', 'if-none-match'];
const READ = ['if-match', 'if-modified-since', 'if-none-match', 'if-unmodified-since', 'range', 'x-amz-checksum-mode'];
const READ_QUERY = [
  'versionId',
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-type', 'expires'].map(
    (name) => `response-${name}`,
  ),
];
const COPY_SOURCE = ['if-match', 'if-modified-since', 'if-none-match', 'if-unmodified-since'].map((name) => `x-amz-copy-source-${name}`);
const LISTING = ['delimiter', 'encoding-type', 'max-keys', 'prefix'];

/** Those that require more stand before those that require less. */
const ROUTES: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', target: 'account', run: listBuckets },

  { operation: 'HeadBucket', method: 'HEAD', target: 'bucket', run: headBucket },
  { operation: 'GetBucketLocation', method: 'GET', target: 'bucket', requires: ['location'], run: getBucketLocation },
  { operation: 'GetBucketVersioning', method: 'GET', target: 'bucket', requires: ['versioning'], run: getBucketVersioning },
  { operation: 'GetBucketTagging', method: 'GET', target: 'bucket', requires: ['tagging'], run: getBucketTagging },
  {
    operation: 'ListMultipartUploads',
    method: 'GET',
    target: 'bucket',
    requires: ['uploads'],
    query: ['encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
    run: listMultipartUploads,
  },
  {
    operation: 'ListObjectVersions',
    method: 'GET',
    target: 'bucket',
    requires: ['versions'],
    query: [...LISTING, 'key-marker', 'version-id-marker'],
    run: listObjectVersions,
  },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    target: 'bucket',
    requires: ['list-type=2'],
    query: [...LISTING, 'continuation-token', 'fetch-owner', 'start-after'],
    run: listObjectsV2,
  },
  { operation: 'DeleteObjects', method: 'POST', target: 'bucket', requires: ['delete'], headers: BODY, run: deleteObjects },
  { operation: 'PostObject', method: 'POST', target: 'bucket', run: postObject },
  { operation: 'PreflightRequest', method: 'OPTIONS', target: 'bucket', run: preflight },

  {
    operation: 'UploadPart',
    method: 'PUT',
    target: 'object',
    requires: ['uploadId', 'partNumber'],
    headers: BODY,
    run: uploadPart,
  },
  {
    operation: 'CopyObject',
    method: 'PUT',
    target: 'object',
    requires: ['x-amz-copy-source'],
    headers: [
      ...DESCRIPTION,
      ...WRITE_CONDITIONS,
      ...COPY_SOURCE,
      'x-amz-checksum-algorithm',
      'x-amz-copy-source',
      'x-amz-metadata-directive',
      'x-amz-source-expected-bucket-owner',
      'x-amz-tagging-directive',
    ],
    run: copyObject,
  },
  {
    operation: 'PutObjectTagging',
    method: 'PUT',
    target: 'object',
    requires: ['tagging'],
    query: ['versionId'],
    headers: BODY,
    run: putObjectTagging,
  },
  { operation: 'PutObject', method: 'PUT', target: 'object', headers: [...BODY, ...DESCRIPTION, ...WRITE_CONDITIONS], run: putObject },
  {
    operation: 'ListParts',
    method: 'GET',
    target: 'object',
    requires: ['uploadId'],
    query: ['max-parts', 'part-number-marker'],
    run: listParts,
  },
  {
    operation: 'GetObjectTagging',
    method: 'GET',
    target: 'object',
    requires: ['tagging'],
    query: ['versionId'],
    run: getObjectTagging,
  },
  { operation: 'GetObject', method: 'GET', target: 'object', query: READ_QUERY, headers: READ, run: getObject },
  { operation: 'HeadObject', method: 'HEAD', target: 'object', query: READ_QUERY, headers: READ, run: headObject },
  { operation: 'AbortMultipartUpload', method: 'DELETE', target: 'object', requires: ['uploadId'], run: abortMultipartUpload },
  { operation: 'DeleteObject', method: 'DELETE', target: 'object', query: ['versionId'], run: deleteObject },
  {
    operation: 'CreateMultipartUpload',
    method: 'POST',
    target: 'object',
    requires: ['uploads'],
    headers: [...DESCRIPTION, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
    run: createMultipartUpload,
  },
  {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    target: 'object',
    requires: ['uploadId'],
    headers: [...BODY, ...WRITE_CONDITIONS, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
    run: completeMultipartUpload,
  },
  { operation: 'PreflightRequest', method: 'OPTIONS', target: 'object', run: preflight },
];

/** The operation that a request asks for. Throws, by name, on whatever the operation would have to ignore. */
export function findRoute(request: S3Target): Route {
  const target = request.bucket === '' ? 'account' : request.key === '' ? 'bucket' : 'object';
  const candidates = ROUTES.filter((route) => route.method === request.method && route.target === target);
  const route = candidates.find(({ requires = [] }) => requires.every((requirement) => has(request, requirement)));
  if (route?.operation === 'PreflightRequest') return route;
  const [unknown] = [...request.query.keys()].filter((name) => !(route ? [route] : candidates).some((each) => takesParameter(each, name)));
  if (unknown !== undefined) throw notImplemented(`${request.method} on ${nameOf(target)} with ?${unknown}`);
  if (!route) throw notImplemented(`${request.method} on ${nameOf(target)}${hint(request, target)}`);
  const refused = Object.keys(request.headers).find((name) => mayChangeBehaviour(name) && !takesHeader(route, name));
  if (refused !== undefined) throw notImplemented(`the header ${refused} of ${route.operation}`);
  if (route.operation === 'PostObject' && !isPostForm(request.headers)) {
    throw preconditionFailed('Bucket POST must be of the enclosure-type multipart/form-data');
  }
  return route;
}

function has({ query, headers }: S3Target, requirement: string): boolean {
  const [name = '', value] = requirement.split('=');
  return value === undefined ? query.has(name) || headers[name] !== undefined : query.get(name) === value;
}

function takesParameter({ query = [], requires = [] }: Route, name: string): boolean {
  return query.includes(name) || requires.some((requirement) => requirement.split('=')[0] === name);
}

function mayChangeBehaviour(header: string): boolean {
  return STEERING_HEADERS.includes(header) || (header.startsWith('x-amz-') && !COMMON_HEADERS.includes(header));
}

function takesHeader({ headers = [] }: Route, name: string): boolean {
  return headers.some((header) => (header.endsWith('*') ? name.startsWith(header.slice(0, -1)) : name === header));
}

/** The one operation without a parameter of its own that a user is likely to miss. */
function hint({ method }: S3Target, target: Route['target']): string {
  return method === 'GET' && target === 'bucket' ? ' (ListObjects; its second version, with list-type=2, is)' : '';
}

function nameOf(target: Route['target']): string {
  if (target === 'account') return 'the list of buckets';
  return target === 'bucket' ? 'a bucket' : 'an object';
}
