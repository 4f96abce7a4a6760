import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import type { RolePrincipal } from '../../local/platform/principal.ts';
import { type Fields, openS3, type TestS3, temporaryDirectory } from './s3-support.ts';

export const Bucket = 'uploads';

/** What every policy has to say of the fields that carry its signature. */
export const SIGNATURE_CONDITIONS = ['algorithm', 'credential', 'date', 'security-token'].map((name) => [
  'starts-with',
  `$x-amz-${name}`,
  '',
]);

/** A bucket that takes forms, beside another one, and a role that signs the forms. */
export interface TestForms extends TestS3 {
  readonly uploader: AccessKey & { readonly principal: RolePrincipal };
  readonly uploadUrl: string;
  /** A form as the product signs it: key, type and size pinned. */
  presign(more?: Partial<PresignedPostOptions>): Promise<PresignedPost>;
  /** Signs any policy, as a signer who does not keep to the SDK's could. */
  sign(policy: unknown, more?: Fields, key?: AccessKey): Fields;
  inAnHour(): string;
  /** A policy of the upload bucket that is good for an hour. */
  policyWith(...conditions: unknown[]): { expiration: string; conditions: unknown[] };
}

/** Opens S3 with its buckets; closing removes them again. */
export async function openForms(): Promise<TestForms> {
  const directory = temporaryDirectory();
  const s3 = await openS3(directory);
  const { door } = s3;
  const role = await door.createRole([{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::*' }], { name: 'uploader' });
  const uploader = { ...door.keys.issue(role), principal: role };
  const signer = new S3Client({ ...door.clientConfig, credentials: uploader });
  await door.provision('AWS::S3::Bucket', 'Uploads', {
    BucketName: Bucket,
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  });
  await door.provision('AWS::S3::Bucket', 'Other', { BucketName: 'other-bucket' });
  const inAnHour = () => new Date(door.clock.now() + 3_600_000).toISOString();
  return {
    ...s3,
    uploader,
    uploadUrl: `${door.clientConfig.endpoint}/${Bucket}`,
    presign: (more = {}) => presign(signer, more),
    sign: (policy, more = {}, key = uploader) => ({ ...signatureFields(policy, door.clock.now(), key), ...more }),
    inAnHour,
    policyWith: (...conditions) => ({
      expiration: inAnHour(),
      conditions: [{ bucket: Bucket }, ...SIGNATURE_CONDITIONS, ...conditions],
    }),
    close: async () => {
      signer.destroy();
      await s3.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function presign(signer: S3Client, more: Partial<PresignedPostOptions>): Promise<PresignedPost> {
  return createPresignedPost(signer, {
    Bucket,
    Key: 'incoming/manual.pdf',
    Fields: { 'Content-Type': 'application/pdf', 'x-amz-meta-owner': 'alice' },
    Conditions: [
      ['content-length-range', 5, 10],
      ['eq', '$Content-Type', 'application/pdf'],
    ],
    Expires: 900,
    ...more,
  });
}

function signatureFields(policy: unknown, nowMs: number, key: AccessKey): Fields {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [date.slice(0, 8), 'eu-west-1', 's3', 'aws4_request'];
  const encoded = Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)).toString('base64');
  const hmac = (secret: string | Buffer, message: string) => createHmac('sha256', secret).update(message).digest();
  const signingKey = scope.reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  return {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': [key.accessKeyId, ...scope].join('/'),
    'x-amz-date': date,
    ...(key.sessionToken !== undefined && { 'x-amz-security-token': key.sessionToken }),
    policy: encoded,
    'x-amz-signature': hmac(signingKey, encoded).toString('hex'),
  };
}

export const file = (content = 'hello') => new Blob([content], { type: 'text/html' });

/** Sends a form as a browser does: the fields, then the files. */
export function post(url: string, fields: Fields, ...files: Blob[]): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const each of files) form.append('file', each, 'C:\\My manuals\\guide ü.pdf');
  return fetch(url, { method: 'POST', body: form });
}

export async function expectRefusal(response: Response, status: number, code: string, reason = ''): Promise<void> {
  const text = (await response.text()).replaceAll('&quot;', '"');
  expect(text).toContain(`<Code>${code}</Code>`);
  expect(text).toContain(reason);
  expect(response.status).toBe(status);
}
