import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { Bucket, expectRefusal, file, openForms, post, type TestForms } from './s3-form-upload-support.ts';

/** What S3 replaces with the uploaded file's name. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: S3 replaces this, not JavaScript
const FILE_NAME = '${filename}';

let forms: TestForms;

beforeAll(async () => {
  forms = await openForms();
});
afterAll(() => forms.close());

describe('a form', () => {
  test('that keeps to its policy is stored as the fields say, and announced', async () => {
    const { url, fields } = await forms.presign();
    const response = await post(url, fields, file());
    expect([response.status, await response.text()]).toEqual([204, '']);
    const stored = await forms.client.send(new GetObjectCommand({ Bucket, Key: 'incoming/manual.pdf' }));
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
    expect(forms.events.at(-1)?.detail).toMatchObject({
      reason: 'POST Object',
      object: { key: 'incoming/manual.pdf', size: 5, 'version-id': stored.VersionId },
      'source-ip-address': '127.0.0.1',
    });
  });

  test.each(['200', '201', '204', '302'])('is answered with the status it asks for (%s)', async (status) => {
    const fields = forms.sign(forms.policyWith(['eq', '$key', 'a b/ü.pdf'], { success_action_status: status }), {
      key: 'a b/ü.pdf',
      success_action_status: status,
    });
    const response = await post(forms.uploadUrl, fields, file());
    expect(response.status).toBe(status === '302' ? 204 : Number(status));
    expect(response.headers.get('location')).toBe(`${forms.uploadUrl}/a%20b%2F%C3%BC.pdf`);
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
    const fields = forms.sign(forms.policyWith(...conditions), { key: `incoming/${FILE_NAME}`, 'x-amz-meta-name': FILE_NAME });
    expect((await post(forms.uploadUrl, fields, file())).status).toBe(204);
    const stored = await forms.client.send(new HeadObjectCommand({ Bucket, Key: 'incoming/guide ü.pdf' }));
    expect(stored.Metadata).toEqual({ name: `=?UTF-8?B?${Buffer.from('guide ü.pdf').toString('base64')}?=` });
  });

  test('may hand the file over as text, and anything after it is ignored', async () => {
    const form = new FormData();
    const fields = forms.sign(forms.policyWith(['starts-with', '$key', 'incoming/']), { key: 'incoming/text' });
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', 'hello');
    form.append('key', 'elsewhere');
    form.append('submit', 'Upload');
    expect((await fetch(forms.uploadUrl, { method: 'POST', body: form })).status).toBe(204);
    await forms.client.send(new HeadObjectCommand({ Bucket, Key: 'incoming/text' }));
  });

  test('brings its signer for whoever decides on access', async () => {
    const { fields } = await forms.presign();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', file());
    const request = new Request(forms.uploadUrl, { method: 'POST', body: form });
    const raw = {
      method: 'POST',
      path: `/${Bucket}`,
      queryString: '',
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      body: Buffer.from(await request.arrayBuffer()),
      sourceIp: '127.0.0.1',
    };
    expect(forms.service.acceptsUnsigned(raw)).toBe(true);
    expect(await forms.service.signedForm(raw)).toEqual({
      principal: forms.uploader.principal,
      bucket: Bucket,
      key: 'incoming/manual.pdf',
    });
  });
});

describe('conditions', () => {
  test.each([
    ['image/png', 204],
    ['image/png,image/jpeg', 204],
    ['image/png,text/html', 403],
    ['text/html', 403],
  ])('on the start of the content type hold for each of a list (%s)', async (type, status) => {
    const fields = forms.sign(forms.policyWith({ key: 'k' }, ['starts-with', '$Content-Type', 'image/']), {
      key: 'k',
      'Content-Type': type,
    });
    expect((await post(forms.uploadUrl, fields, file())).status).toBe(status);
  });

  test('on the start of the key hold for the name of the file too', async () => {
    const fields = forms.sign(forms.policyWith(['starts-with', '$key', 'incoming/']), { key: FILE_NAME });
    await expectRefusal(await post(forms.uploadUrl, fields, file()), 403, 'AccessDenied', '"$key", "incoming/"');
  });
});

test('a form expires by the emulated clock', async () => {
  const { url, fields } = await forms.presign({ Expires: 900 });
  forms.door.clock.advance(899_000);
  expect((await post(url, fields, file())).status).toBe(204);
  forms.door.clock.advance(2000);
  await expectRefusal(await post(url, fields, file()), 403, 'AccessDenied', 'Invalid according to Policy: Policy expired.');
});
