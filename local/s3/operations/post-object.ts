import type { AwsReply } from '../../platform/call.ts';
import { verifyContent } from '../checksums.ts';
import { describeObject, writtenHeaders } from '../object-description.ts';
import { readPostForm } from '../post-form.ts';
import { checkPostPolicy } from '../post-policy.ts';
import { verifyPostSignature } from '../post-signature.ts';
import { checkKeyLength } from '../request.ts';
import { emptyReply, type S3Operation } from '../s3-call.ts';
import { invalidArgument, notImplemented } from '../s3-error.ts';
import { storeObject } from '../store-object.ts';
import { xmlDocument } from '../xml.ts';

/** Fields that govern the form itself; what else begins with `x-amz-` must be something that is kept with the object. */
const FORM_FIELDS = new Set(['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-security-token', 'x-amz-signature']);
const KEPT_FIELD =
  /^x-amz-(meta-.+|server-side-encryption(-aws-kms-key-id)?|storage-class|checksum-(crc32|crc32c|crc64nvme|sha1|sha256)|sdk-checksum-algorithm)$/;
const UNSUPPORTED_FIELDS = ['tagging', 'redirect', 'success_action_redirect'];

/** A browser's upload by form. The policy in the form, and its signature, stand for a signature of the request. */
export const postObject: S3Operation = async (call, { store, events, keys, region, clock }) => {
  const bucket = store.bucket(call.bucket);
  const form = await readPostForm(call.headers['content-type'] ?? '', call.body);
  verifyPostSignature(form.fields, keys, region);
  checkPostPolicy(form, bucket.name, clock.now());
  const key = readFormKey(form.fields);
  const headers = asHeaders(form.fields);
  const object = await storeObject(bucket, {
    key,
    content: form.file,
    description: describeObject(headers, bucket),
    checksum: verifyContent(headers, form.file),
    along: (created) => events.created(bucket, created, 'POST Object', call),
  });
  const location = `http://${call.headers['host']}/${bucket.name}/${encodeURIComponent(key)}`;
  return success(
    form.fields.get('success_action_status'),
    { ...writtenHeaders(bucket, object), location },
    {
      Location: location,
      Bucket: bucket.name,
      Key: key,
      ETag: `"${object.etag}"`,
    },
  );
};

/** The key that a form writes. Throws when it names none. */
export function readFormKey(fields: ReadonlyMap<string, string>): string {
  const key = fields.get('key');
  if (key === undefined) {
    throw invalidArgument(
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      'key',
      '',
    );
  }
  if (key === '') throw invalidArgument('User key must have a length greater than 0.', 'key', '');
  checkKeyLength(key);
  return key;
}

/** The fields that describe the object, as the headers they stand for. */
function asHeaders(fields: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    const refused = UNSUPPORTED_FIELDS.includes(name) || (name.startsWith('x-amz-') && !FORM_FIELDS.has(name) && !KEPT_FIELD.test(name));
    if (refused) throw notImplemented(`the form field ${name}`);
    // Headers reach the emulator byte by byte, a form's fields as UTF-8.
    if (!FORM_FIELDS.has(name)) headers[name === 'acl' ? 'x-amz-acl' : name] = Buffer.from(value).toString('latin1');
  }
  return headers;
}

/** Any other status than these is answered with 204, as S3 does. */
function success(status: string | undefined, headers: Record<string, string>, members: Record<string, string>): AwsReply {
  if (status === '200') return emptyReply(200, headers);
  if (status !== '201') return emptyReply(204, headers);
  return { status: 201, headers: { ...headers, 'content-type': 'application/xml' }, body: xmlDocument('PostResponse', members) };
}
