import fc from 'fast-check';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import { OPERATOR, type Principal } from '../../local/platform/principal.ts';
import { presign, type Signing, sign, type WireCall } from '../support/sign.ts';
import { EchoService, openRegionalDoor, type RegionalDoor, send } from './front-door-support.ts';

const ROLE: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/worker', sessionName: 'worker' };
const CALL: WireCall = { method: 'POST', target: '/', headers: { 'content-type': 'text/plain' }, body: 'hello' };

let door: RegionalDoor;
let endpoint: string;
let operator: AccessKey;
let role: AccessKey;

beforeAll(async () => {
  door = await openRegionalDoor();
  ({ endpoint } = door.frontDoor);
  // S3's signatures have rules of their own, so an echo stands in for it as well.
  door.frontDoor.register(new EchoService('echo'), new EchoService('s3'));
  operator = door.keys.issue(OPERATOR);
  role = door.keys.issue(ROLE);
});

afterAll(async () => {
  await door.frontDoor.close();
  expect(door.internalErrors).toEqual([]);
});

const byOperator = (service = 'echo'): Signing => ({ credentials: operator, service });

/** Sends what was signed, and reads what the service saw or was refused with. */
async function answerTo(call: WireCall) {
  const { status, body } = await send(endpoint, call);
  return { status, ...JSON.parse(body) };
}

const withHeader = ({ headers, ...rest }: WireCall, name: string, value: string): WireCall => ({
  ...rest,
  headers: { ...headers, [name]: value },
});

/** As SDKs encode what goes into a path or a query: all but the unreserved characters of RFC 3986. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

describe('a signature names its caller', () => {
  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('over %s', async (_name, http2) => {
    const signedBy = async (credentials: AccessKey) => answerTo(await sign(endpoint, { ...CALL, http2 }, { credentials, service: 'echo' }));
    expect(await signedBy(operator)).toMatchObject({ status: 200, body: 'hello', principal: OPERATOR });
    expect(await signedBy(role)).toMatchObject({ status: 200, body: 'hello', principal: ROLE });
  });

  test('over HTTP/2 that signs the host by its old name, whether or not it also sends it so', async () => {
    const { headers } = await sign(endpoint, CALL, byOperator());
    const { host, ...others } = headers;
    expect(host).toBeDefined();
    for (const sent of [headers, others]) {
      expect(await answerTo({ ...CALL, http2: true, headers: sent })).toMatchObject({ status: 200, principal: OPERATOR });
    }
  });
});

describe('what a client signs is what arrives', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  // The signer keeps its query in an object, in which this name is not a member like others.
  const parameter = text.filter((name) => name !== '' && name !== '__proto__');
  const query = fc.array(fc.tuple(parameter, text), { maxLength: 4 });
  const headerValue = fc.string({ maxLength: 20 }).map((value) => value.trim());
  const segments = fc.array(fc.oneof({ weight: 3, arbitrary: text }, fc.constantFrom('.', '..', '')), { maxLength: 4 });
  const calls = fc.record({ segments, query, headerValue, body: text });

  test.each([
    ['S3', 's3', false],
    ['any other service', 'echo', false],
    ['any other service, over HTTP/2', 'echo', true],
  ])('for %s: paths, repeated parameters, odd spaces and bodies', async (_name, service, http2) => {
    await fc.assert(
      fc.asyncProperty(calls, async ({ segments: path, query: parameters, headerValue: value, body }) => {
        const queryString = parameters.map((pair) => pair.map(encode).join('=')).join('&');
        const target = `/${path.map(encode).join('/')}${queryString && `?${queryString}`}`;
        const signed = await sign(
          endpoint,
          { method: 'PUT', target, headers: { 'x-amz-meta-note': value }, body, http2 },
          byOperator(service),
        );
        expect(await answerTo(signed)).toMatchObject({ status: 200, path: target.split('?')[0], queryString, body });
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['no path but a query', { target: '/?list' }],
    ['a parameter without a value', { target: '/a?uploads' }],
    ['a parameter given twice', { target: '/a?tag=2&tag=1&tag' }],
    ['an ampersand too many', { target: '/a?&b=c&' }],
    ['spaces around and within a header', { headers: { 'x-amz-meta-note': '  one   two \t three ' } }],
    ['an empty header', { headers: { 'x-amz-meta-note': '' } }],
    ['no body', { body: undefined }],
  ])('with %s', async (_name, change) => {
    const signed = await sign(endpoint, { ...CALL, ...(change as Partial<WireCall>) }, byOperator('s3'));
    expect(await answerTo(signed)).toMatchObject({ status: 200 });
  });

  test('and not when a repeated parameter is left out once, or its values trade places with another’s', async () => {
    const signed = await sign(endpoint, { ...CALL, target: '/a?b=1&b=2&c=3' }, byOperator());
    expect(await answerTo({ ...signed, target: '/a?b=2&c=3&b=1' })).toMatchObject({ status: 200 });
    expect(await answerTo({ ...signed, target: '/a?b=1&c=3' })).toMatchObject({ code: 'InvalidSignatureException' });
    expect(await answerTo({ ...signed, target: '/a?b=1&b=3&c=2' })).toMatchObject({ code: 'InvalidSignatureException' });
  });

  test('a repeated header is signed as one', async () => {
    const { headers, ...rest } = await sign(endpoint, withHeader(CALL, 'x-amz-meta-note', 'one,two'), byOperator());
    const repeated = { ...headers, 'x-amz-meta-note': ['one', 'two'] as unknown as string };
    expect(await answerTo({ ...rest, headers: repeated })).toMatchObject({ status: 200 });
  });
});

describe('an Authorization header that is none', () => {
  test.each([
    ['another scheme', 'Bearer abc'],
    ['another algorithm', 'AWS4-ECDSA-P256-SHA256 Credential=AKIA/20261120/eu-west-1/echo/aws4_request, SignedHeaders=host, Signature=00'],
    ['no signature', 'AWS4-HMAC-SHA256 Credential=AKIA/20261120/eu-west-1/echo/aws4_request, SignedHeaders=host'],
    ['a scope with a part too few', 'AWS4-HMAC-SHA256 Credential=AKIA/20261120/eu-west-1/aws4_request, SignedHeaders=host, Signature=00'],
    [
      'a scope that ends otherwise',
      'AWS4-HMAC-SHA256 Credential=AKIA/20261120/eu-west-1/echo/aws5_request, SignedHeaders=host, Signature=00',
    ],
    ['nothing', ''],
  ])('%s', async (_name, authorization) => {
    const { status, body } = await send(endpoint, withHeader(CALL, 'authorization', authorization));
    expect([status, body]).toEqual([403, expect.stringContaining('IncompleteSignatureException')]);
  });

  test.each([
    ['no date', ''],
    ['a date without a time', '20261120'],
    ['a month too many', '20261320T000000Z'],
  ])('%s', async (_name, date) => {
    const signed = await sign(endpoint, CALL, byOperator());
    expect(await answerTo(withHeader(signed, 'x-amz-date', date))).toMatchObject({ status: 403, code: 'IncompleteSignatureException' });
  });

  test('a scope that says one service to the signature and another to the way there', async () => {
    const signed = await sign(endpoint, { ...CALL, target: '/?Credential=a/1/b/s3/aws4_request' }, byOperator());
    expect(await answerTo(signed)).toMatchObject({ status: 200 });
    const authorization = (signed.headers['authorization'] ?? '').replace(/\/(\d{8})\//, '/$1T/');
    const { status, body } = await send(endpoint, withHeader(signed, 'authorization', authorization));
    expect([status, body]).toEqual([403, expect.stringContaining('Date in Credential scope does not match')]);
  });
});

describe('no signature at all', () => {
  test.each(['GET /', 'POST /', 'GET /bucket/key?versionId=1', 'OPTIONS *'])('%s is refused', async (line) => {
    const [method = '', target = ''] = line.split(' ');
    const { status, body } = await send(endpoint, { method, target, headers: {} });
    expect([status, JSON.parse(body).__type]).toEqual([403, 'MissingAuthenticationToken']);
  });

  test.each(['/%zz', '/a?b=%zz', '/%ff'])('%s is told to be no URI', async (target) => {
    const { status, body } = await send(endpoint, { method: 'GET', target, headers: {} });
    expect([status, JSON.parse(body).__type]).toEqual([400, 'InvalidURI']);
  });
});

describe('a presigned URL', () => {
  const GET: WireCall = { method: 'GET', target: '/bucket/a%20key', headers: {} };
  const byRole = (): Signing => ({ credentials: role, service: 's3' });
  const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);

  test.each([
    ["the operator's", () => byOperator('s3'), OPERATOR],
    ["a role's", byRole, ROLE],
  ])('%s is accepted', async (_name, signing, principal) => {
    expect(await answerTo(await presign(endpoint, GET, signing()))).toMatchObject({ status: 200, path: '/bucket/a%20key', principal });
  });

  test('is accepted until it expires, however long ago it was signed', async () => {
    expect(await answerTo(await presign(endpoint, GET, { ...byRole(), date: secondsAgo(3000) }, 3600))).toMatchObject({ status: 200 });
    const expired = await presign(endpoint, GET, { ...byRole(), date: secondsAgo(61) }, 60);
    expect(await answerTo(expired)).toMatchObject({ status: 403, code: 'AccessDenied', message: 'Request has expired' });
  });

  test.each<[string, string, string, string]>([
    ['another path', '/bucket/', '/bucket/x', 'SignatureDoesNotMatch'],
    ['a longer life', 'X-Amz-Expires=60', 'X-Amz-Expires=600', 'SignatureDoesNotMatch'],
    ['no life', 'X-Amz-Expires=60', 'X-Amz-Expires=0', 'AuthorizationQueryParametersError'],
    ['a life of more than a week', 'X-Amz-Expires=60', 'X-Amz-Expires=604801', 'AuthorizationQueryParametersError'],
    ['no life at all', 'X-Amz-Expires', 'X-Other', 'AuthorizationQueryParametersError'],
    ['another algorithm', 'AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256', 'AuthorizationQueryParametersError'],
    ['another region', 'eu-west-1', 'us-east-1', 'AuthorizationQueryParametersError'],
    ['a parameter added', '?', '?versionId=1&', 'SignatureDoesNotMatch'],
    ['its token taken out', 'X-Amz-Security-Token', 'X-Other', 'InvalidAccessKeyId'],
  ])('is refused with %s', async (_name, from, to, code) => {
    const { target, ...rest } = await presign(endpoint, GET, byRole());
    expect(target).toContain(from);
    expect(await answerTo({ ...rest, target: target.replace(from, to) })).toMatchObject({ code });
  });
});
