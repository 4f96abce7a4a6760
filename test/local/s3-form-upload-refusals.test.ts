import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { Bucket, expectRefusal, file, openForms, post, SIGNATURE_CONDITIONS, type TestForms } from './s3-form-upload-support.ts';

let forms: TestForms;

beforeAll(async () => {
  forms = await openForms();
});
afterAll(() => forms.close());

describe('a form is refused', () => {
  const valid = () => forms.policyWith(['eq', '$key', 'k']);

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
    const { url, fields } = await forms.presign();
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
    const { url, fields } = await forms.presign();
    const { [field]: removed, ...rest } = fields;
    expect(removed).toBeDefined();
    const response = await post(url, rest, file());
    expect(response.status).toBe(status);
  });

  test('when its policy was changed after it was signed', async () => {
    const { url, fields } = await forms.presign();
    const policy = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString());
    policy.conditions = policy.conditions.filter((condition: unknown) => !Array.isArray(condition));
    const Policy = Buffer.from(JSON.stringify(policy)).toString('base64');
    await expectRefusal(await post(url, { ...fields, Policy }, file()), 403, 'SignatureDoesNotMatch');
  });

  test('when it goes to another bucket than its policy names', async () => {
    const { url, fields } = await forms.presign();
    const { bucket: _bucket, ...rest } = fields;
    await expectRefusal(await post(url.replace(Bucket, 'other-bucket'), rest, file()), 403, 'AccessDenied', '"$bucket"');
    await expectRefusal(await post(url.replace(Bucket, 'nobodys'), rest, file()), 404, 'NoSuchBucket');
  });

  test('when it was signed with a wrong secret, an unknown key, or for another region', async () => {
    const forged = forms.sign(valid(), { key: 'k' }, { ...forms.uploader, secretAccessKey: 'wrong' });
    await expectRefusal(await post(forms.uploadUrl, forged, file()), 403, 'SignatureDoesNotMatch');
    const unknown = forms.sign(valid(), { key: 'k' }, { ...forms.uploader, accessKeyId: 'ASIANOBODY' });
    await expectRefusal(await post(forms.uploadUrl, unknown, file()), 403, 'InvalidAccessKeyId');
    const elsewhere = forms.sign(valid(), { key: 'k' });
    elsewhere['x-amz-credential'] = elsewhere['x-amz-credential']?.replace('eu-west-1', 'us-east-1') ?? '';
    await expectRefusal(await post(forms.uploadUrl, elsewhere, file()), 400, 'InvalidArgument', 'eu-west-1');
  });

  test('when a key without a session brings a token', async () => {
    const operator = forms.door.keys.issue({ kind: 'operator', arn: 'arn:aws:iam::000000000000:user/else' });
    const fields = forms.sign(valid(), { key: 'k', 'x-amz-security-token': 'made up' }, operator);
    await expectRefusal(await post(forms.uploadUrl, fields, file()), 400, 'InvalidToken');
  });

  test.each([
    [4, 'EntityTooSmall', '<ProposedSize>4</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>'],
    [11, 'EntityTooLarge', '<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>'],
  ])('when its file has %d bytes and 5 to 10 may be', async (size, code, detail) => {
    const { url, fields } = await forms.presign();
    await expectRefusal(await post(url, fields, file('x'.repeat(size))), 400, code, detail);
  });

  test('when it carries a field that no condition mentions, but for those it may ignore', async () => {
    const { url, fields } = await forms.presign();
    const extra = await post(url, { ...fields, 'x-amz-meta-admin': 'true', acl: 'public-read' }, file());
    await expectRefusal(extra, 403, 'AccessDenied', 'Invalid according to Policy: Extra input fields: x-amz-meta-admin, acl');
    expect((await post(url, { ...fields, 'x-ignore-me': 'x' }, file())).status).toBe(204);
  });

  test('when its policy does not mention the bucket', async () => {
    const policy = { expiration: forms.inAnHour(), conditions: [...SIGNATURE_CONDITIONS, { key: 'k' }] };
    await expectRefusal(
      await post(forms.uploadUrl, forms.sign(policy, { key: 'k' }), file()),
      403,
      'AccessDenied',
      'Extra input fields: bucket',
    );
  });

  test.each([
    ['no file', [], '<ArgumentValue>0</ArgumentValue>'],
    ['two files', ['hello', 'again'], '<ArgumentValue>2</ArgumentValue>'],
  ])('when there is %s', async (_case, contents, detail) => {
    const { url, fields } = await forms.presign();
    const response = await post(url, fields, ...contents.map((content) => file(content)));
    await expectRefusal(response, 400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
    const again = await post(url, fields, ...contents.map((content) => file(content)));
    expect(await again.text()).toContain(detail);
  });

  test('when the file comes before the fields, which are then ignored', async () => {
    const { url, fields } = await forms.presign();
    const form = new FormData();
    form.append('file', file());
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    await expectRefusal(await fetch(url, { method: 'POST', body: form }), 403, 'AccessDenied');
  });

  test('when a field comes twice, or too much comes before the file', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(forms.sign(valid(), { key: 'k' }))) form.append(name, value);
    form.append('Key', 'k2');
    form.append('file', file());
    await expectRefusal(
      await fetch(forms.uploadUrl, { method: 'POST', body: form }),
      400,
      'InvalidArgument',
      '<ArgumentName>key</ArgumentName>',
    );
    const long = forms.sign(forms.policyWith({ key: 'k' }), { key: 'k', 'x-ignore-me': 'x'.repeat(20_481) });
    await expectRefusal(await post(forms.uploadUrl, long, file()), 400, 'MaxPostPreDataLengthExceeded');
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
    await expectRefusal(await post(forms.uploadUrl, forms.sign(policy, { key: 'k' }), file()), 400, 'InvalidPolicyDocument', reason);
  });

  test('when it asks for what is not emulated', async () => {
    for (const field of ['success_action_redirect', 'tagging', 'x-amz-website-redirect-location']) {
      const fields = forms.sign(forms.policyWith({ key: 'k' }, ['starts-with', `$${field}`, '']), {
        key: 'k',
        [field]: 'https://app.example',
      });
      await expectRefusal(await post(forms.uploadUrl, fields, file()), 501, 'NotImplemented', field);
    }
  });

  test('when it says of the object what no header could', async () => {
    for (const [field, value] of [
      ['x-amz-meta-ü', 'x'],
      ['x-amz-meta-a', 'x\u0000y'],
      ['Content-Type', 'text/plain\u0007'],
    ] as const) {
      const fields = forms.sign(forms.policyWith({ key: 'k' }, ['starts-with', `$${field}`, '']), { key: 'k', [field]: value });
      await expectRefusal(await post(forms.uploadUrl, fields, file()), 400, 'InvalidArgument', field.toLowerCase());
    }
  });

  test('when its checksum is not that of the file', async () => {
    const fields = (value: string) =>
      forms.sign(forms.policyWith({ key: 'k' }, { 'x-amz-checksum-crc32': value }), { key: 'k', 'x-amz-checksum-crc32': value });
    await expectRefusal(await post(forms.uploadUrl, fields('AAAAAA=='), file()), 400, 'BadDigest');
    expect((await post(forms.uploadUrl, fields('NhCmhg=='), file())).status).toBe(204);
  });

  test('when it is no form at all', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    await expectRefusal(await fetch(forms.uploadUrl, { method: 'POST', body: 'nonsense', headers }), 400, 'MalformedPOSTRequest');
    const unbounded = { 'content-type': 'multipart/form-data' };
    await expectRefusal(await fetch(forms.uploadUrl, { method: 'POST', body: 'x', headers: unbounded }), 400, 'MalformedPOSTRequest');
  });

  test('and leaves nothing behind', async () => {
    const before = forms.events.length;
    const { url, fields } = await forms.presign({ Key: 'never' });
    await post(url, { ...fields, 'Content-Type': 'text/html' }, file());
    await expect(forms.client.send(new HeadObjectCommand({ Bucket, Key: 'never' }))).rejects.toMatchObject({ name: 'NotFound' });
    expect(forms.events).toHaveLength(before);
  });
});
