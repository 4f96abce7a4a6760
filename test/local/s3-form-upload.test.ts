import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import type { Principal } from '../../local/platform/principal.ts';
import type { ObjectEvent } from '../../local/s3/object-events.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const Bucket = 'uploads';
/** What S3 replaces with the uploaded file's name. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: S3 replaces this, not JavaScript
const FILE_NAME = '${filename}';
const UPLOADER: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/uploader', functionName: 'uploader' };
const directory = mkdtempSync(path.join(tmpdir(), 's3-forms-'));
const events: ObjectEvent[] = [];
let door: TestFrontDoor;
let service: S3Service;
let role: AccessKey;
let signer: S3Client;
let reader: S3Client;

beforeAll(async () => {
  door = await openFrontDoor(({ clock, keys }) => {
    service = new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: (event) => events.push(event) });
    return [service];
  });
  role = door.keys.issue(UPLOADER);
  signer = new S3Client({ ...door.clientConfig, credentials: role });
  reader = new S3Client(door.clientConfig);
  await door.provision('AWS::S3::Bucket', 'Uploads', {
    BucketName: Bucket,
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  });
  await door.provision('AWS::S3::Bucket', 'Other', { BucketName: 'other-bucket' });
});

afterAll(async () => {
  signer.destroy();
  reader.destroy();
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

type Fields = Record<string, string>;

/** A form as the product signs it: key, type and size pinned. */
function presign(more: Partial<PresignedPostOptions> = {}) {
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

function post(url: string, fields: Fields, ...files: (Blob | string)[]): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const file of files) {
    if (typeof file === 'string') form.append('file', file);
    else form.append('file', file, 'C:\\My manuals\\guide ü.pdf');
  }
  return fetch(url, { method: 'POST', body: form });
}

const file = (content = 'hello') => new Blob([content], { type: 'text/html' });

/** Signs any policy, as a signer who does not keep to the SDK's could. */
function sign(policy: unknown, more: Fields = {}, key: AccessKey = role): Fields {
  const date = new Date(door.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
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
    ...more,
  };
}

const SIGNATURE_CONDITIONS = ['algorithm', 'credential', 'date', 'security-token'].map((name) => ['starts-with', `$x-amz-${name}`, '']);
const inAnHour = () => new Date(door.clock.now() + 3_600_000).toISOString();
const policyWith = (...conditions: unknown[]) => ({
  expiration: inAnHour(),
  conditions: [{ bucket: Bucket }, ...SIGNATURE_CONDITIONS, ...conditions],
});
const uploadUrl = () => `${door.clientConfig.endpoint}/${Bucket}`;

async function expectRefusal(response: Response, status: number, code: string, reason = ''): Promise<void> {
  const text = (await response.text()).replaceAll('&quot;', '"');
  expect(text).toContain(`<Code>${code}</Code>`);
  expect(text).toContain(reason);
  expect(response.status).toBe(status);
}

describe('a form', () => {
  test('that keeps to its policy is stored as the fields say, and announced', async () => {
    const { url, fields } = await presign();
    const response = await post(url, fields, file());
    expect([response.status, await response.text()]).toEqual([204, '']);
    const stored = await reader.send(new GetObjectCommand({ Bucket, Key: 'incoming/manual.pdf' }));
    expect(stored).toMatchObject({
      ContentType: 'application/pdf',
      Metadata: { owner: 'alice' },
      ContentLength: 5,
      ETag: response.headers.get('etag'),
      VersionId: response.headers.get('x-amz-version-id'),
      ChecksumCRC64NVME: 'M3eFcAZSQlc=',
      ServerSideEncryption: 'AES256',
    });
    expect(await stored.Body?.transformToString()).toBe('hello');
    expect(events.at(-1)?.detail).toMatchObject({
      reason: 'POST Object',
      object: { key: 'incoming/manual.pdf', size: 5, 'version-id': stored.VersionId },
      'source-ip-address': '127.0.0.1',
    });
  });

  test.each(['200', '201', '204', '302'])('is answered with the status it asks for (%s)', async (status) => {
    const fields = sign(policyWith(['eq', '$key', 'a b/ü.pdf'], { success_action_status: status }), {
      key: 'a b/ü.pdf',
      success_action_status: status,
    });
    const response = await post(uploadUrl(), fields, file());
    expect(response.status).toBe(status === '302' ? 204 : Number(status));
    expect(response.headers.get('location')).toBe(`${uploadUrl()}/a%20b%2F%C3%BC.pdf`);
    const text = await response.text();
    if (status === '201')
      expect(text).toContain('<Bucket>uploads</Bucket><Key>a b/ü.pdf</Key><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag>');
    else expect(text).toBe('');
  });

  test('takes the file name, without its folders, where a field asks for it', async () => {
    const conditions = [
      ['starts-with', '$key', 'incoming/'],
      ['starts-with', '$x-amz-meta-name', ''],
    ];
    const fields = sign(policyWith(...conditions), { key: `incoming/${FILE_NAME}`, 'x-amz-meta-name': FILE_NAME });
    expect((await post(uploadUrl(), fields, file())).status).toBe(204);
    const stored = await reader.send(new HeadObjectCommand({ Bucket, Key: 'incoming/guide ü.pdf' }));
    expect(stored.Metadata).toEqual({ name: `=?UTF-8?B?${Buffer.from('guide ü.pdf').toString('base64')}?=` });
  });

  test('may hand the file over as text, and anything after it is ignored', async () => {
    const form = new FormData();
    const fields = sign(policyWith(['starts-with', '$key', 'incoming/']), { key: 'incoming/text' });
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', 'hello');
    form.append('key', 'elsewhere');
    form.append('submit', 'Upload');
    expect((await fetch(uploadUrl(), { method: 'POST', body: form })).status).toBe(204);
    await reader.send(new HeadObjectCommand({ Bucket, Key: 'incoming/text' }));
  });

  test('brings its signer for whoever decides on access', async () => {
    const { fields } = await presign();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', file());
    const request = new Request(uploadUrl(), { method: 'POST', body: form });
    const raw = {
      method: 'POST',
      path: `/${Bucket}`,
      queryString: '',
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      body: Buffer.from(await request.arrayBuffer()),
      sourceIp: '127.0.0.1',
    };
    expect(service.acceptsUnsigned(raw)).toBe(true);
    expect(await service.signedForm(raw)).toEqual({ principal: UPLOADER, bucket: Bucket, key: 'incoming/manual.pdf' });
  });
});

describe('a form is refused', () => {
  const valid = () => ({ ...policyWith(['eq', '$key', 'k']) });

  test.each([
    ['key', 'incoming/else.pdf', 403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed: ["eq", "$key"'],
    ['bucket', 'other-bucket', 403, 'AccessDenied', 'Invalid according to Policy'],
    ['Content-Type', 'text/html', 403, 'AccessDenied', 'Policy Condition failed: ["eq", "$content-type", "application/pdf"]'],
    ['Content-Type', 'application/pdf; charset=utf-8', 403, 'AccessDenied', 'Policy Condition failed'],
    ['x-amz-meta-owner', 'mallory', 403, 'AccessDenied', 'Policy Condition failed'],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA512', 400, 'InvalidArgument', 'X-Amz-Algorithm'.toLowerCase()],
    ['X-Amz-Date', '20200101T000000Z', 400, 'InvalidArgument', ''],
    ['X-Amz-Credential', 'AKIANOBODY/20200101/eu-west-1/s3/aws4_request', 400, 'InvalidArgument', ''],
    ['X-Amz-Credential', 'AKIANOBODY', 400, 'AuthorizationHeaderMalformed', ''],
    ['X-Amz-Security-Token', 'stolen', 400, 'InvalidToken', ''],
    ['X-Amz-Signature', '0'.repeat(64), 403, 'SignatureDoesNotMatch', ''],
  ])('when %s is tampered with (%s)', async (field, value, status, code, reason) => {
    const { url, fields } = await presign();
    expect(Object.keys(fields)).toContain(field);
    await expectRefusal(await post(url, { ...fields, [field]: value }, file()), status, code, reason);
  });

  test.each([
    ['key', 400],
    ['bucket', 204],
    ['Content-Type', 403],
    ['x-amz-meta-owner', 403],
    ['X-Amz-Algorithm', 400],
    ['X-Amz-Date', 400],
    ['X-Amz-Credential', 400],
    ['X-Amz-Security-Token', 400],
    ['X-Amz-Signature', 400],
    ['Policy', 403],
  ])('when %s is missing; only the bucket is in the URL too', async (field, status) => {
    const { url, fields } = await presign();
    const { [field]: removed, ...rest } = fields;
    expect(removed).toBeDefined();
    const response = await post(url, rest, file());
    // Without its key the form breaks the policy first.
    expect(response.status).toBe(field === 'key' ? 403 : status);
  });

  test('when its policy was changed after it was signed', async () => {
    const { url, fields } = await presign();
    const policy = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString());
    policy.conditions = policy.conditions.filter((condition: unknown) => !Array.isArray(condition));
    const Policy = Buffer.from(JSON.stringify(policy)).toString('base64');
    await expectRefusal(await post(url, { ...fields, Policy }, file()), 403, 'SignatureDoesNotMatch');
  });

  test('when it goes to another bucket than its policy names', async () => {
    const { url, fields } = await presign();
    const { bucket: _bucket, ...rest } = fields;
    await expectRefusal(await post(url.replace(Bucket, 'other-bucket'), rest, file()), 403, 'AccessDenied', '"$bucket"');
    await expectRefusal(await post(url.replace(Bucket, 'nobodys'), rest, file()), 404, 'NoSuchBucket');
  });

  test('when it was signed with a wrong secret, an unknown key, or for another region', async () => {
    const forged = sign(valid(), { key: 'k' }, { ...role, secretAccessKey: 'wrong' });
    await expectRefusal(await post(uploadUrl(), forged, file()), 403, 'SignatureDoesNotMatch');
    const unknown = sign(valid(), { key: 'k' }, { ...role, accessKeyId: 'ASIANOBODY' });
    await expectRefusal(await post(uploadUrl(), unknown, file()), 403, 'InvalidAccessKeyId');
    const elsewhere = sign(valid(), { key: 'k' });
    elsewhere['x-amz-credential'] = elsewhere['x-amz-credential']?.replace('eu-west-1', 'us-east-1') ?? '';
    await expectRefusal(await post(uploadUrl(), elsewhere, file()), 400, 'InvalidArgument', 'eu-west-1');
  });

  test('when a key without a session brings a token', async () => {
    const operator = door.keys.issue({ kind: 'operator', arn: 'arn:aws:iam::000000000000:user/else' });
    const fields = sign(valid(), { key: 'k', 'x-amz-security-token': 'made up' }, operator);
    await expectRefusal(await post(uploadUrl(), fields, file()), 400, 'InvalidToken');
  });

  test.each([
    [4, 'EntityTooSmall', '<ProposedSize>4</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>'],
    [11, 'EntityTooLarge', '<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>'],
  ])('when its file has %d bytes and 5 to 10 may be', async (size, code, detail) => {
    const { url, fields } = await presign();
    await expectRefusal(await post(url, fields, file('x'.repeat(size))), 400, code, detail);
  });

  test('when it carries a field that no condition mentions, but for those it may ignore', async () => {
    const { url, fields } = await presign();
    const extra = await post(url, { ...fields, 'x-amz-meta-admin': 'true', acl: 'public-read' }, file());
    await expectRefusal(extra, 403, 'AccessDenied', 'Invalid according to Policy: Extra input fields: x-amz-meta-admin, acl');
    expect((await post(url, { ...fields, 'x-ignore-me': 'x' }, file())).status).toBe(204);
  });

  test('when its policy does not mention the bucket', async () => {
    const policy = { expiration: inAnHour(), conditions: [...SIGNATURE_CONDITIONS, { key: 'k' }] };
    await expectRefusal(await post(uploadUrl(), sign(policy, { key: 'k' }), file()), 403, 'AccessDenied', 'Extra input fields: bucket');
  });

  test.each([
    ['no file', [], '<ArgumentValue>0</ArgumentValue>'],
    ['two files', ['hello', 'again'], '<ArgumentValue>2</ArgumentValue>'],
  ])('when there is %s', async (_case, contents, detail) => {
    const { url, fields } = await presign();
    const response = await post(url, fields, ...contents.map((content) => file(content)));
    await expectRefusal(response, 400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
    const again = await post(url, fields, ...contents.map((content) => file(content)));
    expect(await again.text()).toContain(detail);
  });

  test('when the file comes before the fields, which are then ignored', async () => {
    const { url, fields } = await presign();
    const form = new FormData();
    form.append('file', file());
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    await expectRefusal(await fetch(url, { method: 'POST', body: form }), 403, 'AccessDenied');
  });

  test('when a field comes twice, or too much comes before the file', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(sign(valid(), { key: 'k' }))) form.append(name, value);
    form.append('Key', 'k2');
    form.append('file', file());
    await expectRefusal(
      await fetch(uploadUrl(), { method: 'POST', body: form }),
      400,
      'InvalidArgument',
      '<ArgumentName>key</ArgumentName>',
    );
    const long = sign(policyWith({ key: 'k' }), { key: 'k', 'x-ignore-me': 'x'.repeat(20_481) });
    await expectRefusal(await post(uploadUrl(), long, file()), 400, 'MaxPostPreDataLengthExceeded');
  });

  test.each([
    ['is no JSON', '{', 'Invalid JSON.'],
    ['has no expiration', { conditions: [] }, 'Policy missing expiration.'],
    ['has no conditions', { expiration: '2126-01-01T00:00:00Z' }, 'Policy missing conditions.'],
    ['has no sensible expiration', { expiration: 'tomorrow', conditions: [] }, 'tomorrow'],
    ['has an unknown operator', { expiration: '2126-01-01T00:00:00Z', conditions: [['ends-with', '$key', 'k']] }, 'ends-with'],
    [
      'has a malformed range',
      { expiration: '2126-01-01T00:00:00Z', conditions: [['content-length-range', -1, 'x']] },
      'content-length-range',
    ],
    ['says more', { expiration: '2126-01-01T00:00:00Z', conditions: [], surprise: 1 }, 'surprise'],
  ])('when its policy %s', async (_case, policy, reason) => {
    await expectRefusal(await post(uploadUrl(), sign(policy, { key: 'k' }), file()), 400, 'InvalidPolicyDocument', reason);
  });

  test('when it asks for what is not emulated', async () => {
    for (const field of ['success_action_redirect', 'tagging', 'x-amz-website-redirect-location']) {
      const fields = sign(policyWith({ key: 'k' }, ['starts-with', `$${field}`, '']), { key: 'k', [field]: 'https://app.example' });
      await expectRefusal(await post(uploadUrl(), fields, file()), 501, 'NotImplemented', field);
    }
  });

  test('when it says of the object what no header could', async () => {
    for (const [field, value] of [
      ['x-amz-meta-ü', 'x'],
      ['x-amz-meta-a', 'x\u0000y'],
      ['Content-Type', 'text/plain\u0007'],
    ] as const) {
      const fields = sign(policyWith({ key: 'k' }, ['starts-with', `$${field}`, '']), { key: 'k', [field]: value });
      await expectRefusal(await post(uploadUrl(), fields, file()), 400, 'InvalidArgument', field.toLowerCase());
    }
  });

  test('when its checksum is not that of the file', async () => {
    const fields = (value: string) =>
      sign(policyWith({ key: 'k' }, { 'x-amz-checksum-crc32': value }), { key: 'k', 'x-amz-checksum-crc32': value });
    await expectRefusal(await post(uploadUrl(), fields('AAAAAA=='), file()), 400, 'BadDigest');
    expect((await post(uploadUrl(), fields('NhCmhg=='), file())).status).toBe(204);
  });

  test('when it is no form at all', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    await expectRefusal(await fetch(uploadUrl(), { method: 'POST', body: 'nonsense', headers }), 400, 'MalformedPOSTRequest');
    const unbounded = { 'content-type': 'multipart/form-data' };
    await expectRefusal(await fetch(uploadUrl(), { method: 'POST', body: 'x', headers: unbounded }), 400, 'MalformedPOSTRequest');
  });

  test('and leaves nothing behind', async () => {
    const before = events.length;
    const { url, fields } = await presign({ Key: 'never' });
    await post(url, { ...fields, 'Content-Type': 'text/html' }, file());
    await expect(reader.send(new HeadObjectCommand({ Bucket, Key: 'never' }))).rejects.toMatchObject({ name: 'NotFound' });
    expect(events).toHaveLength(before);
  });
});

describe('conditions', () => {
  test.each([
    ['image/png', 204],
    ['image/png,image/jpeg', 204],
    ['image/png,text/html', 403],
    ['text/html', 403],
  ])('on the start of the content type hold for each of a list (%s)', async (type, status) => {
    const fields = sign(policyWith({ key: 'k' }, ['starts-with', '$Content-Type', 'image/']), { key: 'k', 'Content-Type': type });
    expect((await post(uploadUrl(), fields, file())).status).toBe(status);
  });

  test('on the start of the key hold for the name of the file too', async () => {
    const fields = sign(policyWith(['starts-with', '$key', 'incoming/']), { key: FILE_NAME });
    await expectRefusal(await post(uploadUrl(), fields, file()), 403, 'AccessDenied', '"$key", "incoming/"');
  });
});

test('a form expires by the emulated clock', async () => {
  const { url, fields } = await presign({ Expires: 900 });
  door.clock.advance(899_000);
  expect((await post(url, fields, file())).status).toBe(204);
  door.clock.advance(2000);
  await expectRefusal(await post(url, fields, file()), 403, 'AccessDenied', 'Invalid according to Policy: Policy expired.');
});
