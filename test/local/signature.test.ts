import type { AccessKey } from '../../local/front-door/access-keys.ts';
import { OPERATOR, type Principal } from '../../local/platform/principal.ts';
import { type Signing, sign, type WireCall } from '../support/sign.ts';
import { type FullDoor, openFullDoor } from './front-door-services.ts';
import { type Answer, EchoService, send } from './front-door-support.ts';

const ROLE: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/worker', sessionName: 'worker' };
const MINUTE_MS = 60_000;

let door: FullDoor;
let endpoint: string;
let operator: AccessKey;
let role: AccessKey;

beforeAll(async () => {
  door = await openFullDoor();
  ({ endpoint } = door.frontDoor);
  door.frontDoor.register(new EchoService('echo'));
  operator = door.keys.issue(OPERATOR);
  role = door.keys.issue(ROLE);
});

afterAll(() => door.close());

afterEach(() => expect(door.internalErrors).toEqual([]));

/** Where a service's errors carry their code, which is where its SDK client looks. */
type Protocol = 'json' | 'rest' | 'xml';

interface ServiceCall {
  readonly name: string;
  readonly service: string;
  readonly protocol: Protocol;
  /** What the service itself finds fault with once the signature is accepted; nothing when absent. */
  readonly complaint?: string;
  readonly call: WireCall;
}

function json(service: string, target: string, version: string, complaint?: string): ServiceCall {
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
  const call = { method: 'POST', target: '/', headers, body: '{}' };
  return { name: target, service, protocol: 'json', call, ...(complaint && { complaint }) };
}

function rest(service: string, line: string, complaint: string, http2 = false): ServiceCall {
  const [method = '', target = ''] = line.split(' ');
  const call = { method, target, headers: { 'content-type': 'application/json' }, body: '{}', http2 };
  return { name: `${service} ${line}`, service, protocol: 'rest', call, complaint };
}

function s3(line: string, complaint: string): ServiceCall {
  const [method = '', target = ''] = line.split(' ');
  const call = { method, target, headers: { 'content-type': 'text/plain' }, body: 'hello' };
  return { name: `s3 ${line}`, service: 's3', protocol: 'xml', call, complaint };
}

/** A call for each service, and for each of Bedrock's clients, which speak HTTP/2. */
const CALLS: readonly ServiceCall[] = [
  json('dynamodb', 'DynamoDB_20120810.ListTables', '1.0'),
  json('sqs', 'AmazonSQS.ListQueues', '1.0'),
  json('logs', 'Logs_20140328.DescribeLogGroups', '1.1'),
  json('events', 'AWSEvents.PutEvents', '1.1', 'ValidationException'),
  json('cognito-idp', 'AWSCognitoIdentityProviderService.ListUserPools', '1.1', 'InvalidParameterException'),
  json('manuel-local', 'ManuelLocal.ClearFaults', '1.0'),
  rest('lambda', 'POST /2015-03-31/functions/none/invocations', 'ResourceNotFoundException'),
  rest('bedrock', 'PUT /knowledgebases/ABCDEFGHIJ/datasources/ABCDEFGHIJ/documents', 'ResourceNotFoundException', true),
  rest('bedrock', 'POST /knowledgebases/ABCDEFGHIJ/retrieve', 'ValidationException', true),
  rest('bedrock', 'POST /model/eu.anthropic.claude-haiku-5-5/converse', 'ValidationException', true),
  s3('PUT /bucket/key', 'NoSuchBucket'),
];

/** An error's code, read from where the protocol has it and nowhere else. */
function codeOf(protocol: Protocol, { headers, body }: Answer): string | undefined {
  switch (protocol) {
    case 'json':
      return String(headers['content-type']).startsWith('application/x-amz-json-') ? JSON.parse(body).__type?.split('#').at(-1) : undefined;
    case 'rest':
      return headers['x-amzn-errortype'] as string | undefined;
    case 'xml':
      return /^<\?xml[^>]*\?>\s*<Error>.*<Code>(\w+)<\/Code>/s.exec(body)?.[1];
  }
}

const byOperator = (service: string): Signing => ({ credentials: operator, service });
const withoutToken = ({ accessKeyId, secretAccessKey }: AccessKey) => ({ accessKeyId, secretAccessKey });
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS);

/** Signs with something amiss. */
const signedWith =
  (signing: () => Partial<Signing>) =>
  ({ call, service }: ServiceCall) =>
    sign(endpoint, call, { ...byOperator(service), ...signing() });

/** Changes what was rightly signed. */
const altered =
  (alter: (call: WireCall) => Partial<WireCall>) =>
  async ({ call, service }: ServiceCall) => {
    const signed = await sign(endpoint, call, byOperator(service));
    return { ...signed, ...alter(signed) };
  };

const alteredHeader = (name: string, alter: (value: string) => string) =>
  altered(({ headers }) => ({ headers: { ...headers, [name]: alter(headers[name] ?? '') } }));

type Refusal = readonly [code: string, status: number];
const UNKNOWN_CLIENT: Readonly<Record<Protocol, Refusal>> = {
  json: ['UnrecognizedClientException', 400],
  rest: ['UnrecognizedClientException', 403],
  xml: ['InvalidAccessKeyId', 403],
};
const MISMATCH = invalid('SignatureDoesNotMatch', 403);
const INVALID_URI: Readonly<Record<Protocol, Refusal>> = { json: ['InvalidURI', 400], rest: ['InvalidURI', 400], xml: ['InvalidURI', 400] };

/** What only S3 has a code of its own for. */
function invalid(s3Code: string, s3Status: number): Readonly<Record<Protocol, Refusal>> {
  return { json: ['InvalidSignatureException', 400], rest: ['InvalidSignatureException', 403], xml: [s3Code, s3Status] };
}

const REFUSED: readonly [string, (serviceCall: ServiceCall) => Promise<WireCall>, Readonly<Record<Protocol, Refusal>>][] = [
  ['a wrong secret', signedWith(() => ({ credentials: { ...operator, secretAccessKey: 'wrong' } })), MISMATCH],
  ["another key's secret", signedWith(() => ({ credentials: { ...operator, secretAccessKey: role.secretAccessKey } })), MISMATCH],
  ['an unknown key', signedWith(() => ({ credentials: { ...operator, accessKeyId: 'AKIAUNKNOWN' } })), UNKNOWN_CLIENT],
  [
    'a byte of the body changed',
    altered(({ body = '' }) => ({ body: `${body.slice(0, -1)} ` })),
    invalid('XAmzContentSHA256Mismatch', 400),
  ],
  ['another path', altered(({ target }) => ({ target: `${target}x` })), MISMATCH],
  ['a query added', altered(({ target }) => ({ target: `${target}?x-id=Other` })), MISMATCH],
  ['another method', altered(({ method }) => ({ method: method === 'PUT' ? 'POST' : 'PUT' })), MISMATCH],
  ['another content type', alteredHeader('content-type', (type) => `${type}; charset=utf-8`), MISMATCH],
  ['a second taken off its date', alteredHeader('x-amz-date', secondEarlier), MISMATCH],
  ['an x-amz header added', alteredHeader('x-amz-extra', () => '1'), invalid('AccessDenied', 403)],
  ['the host not signed', signedWith(() => ({ unsigned: ['host', ':authority'] })), invalid('AccessDenied', 403)],
  ['a date 20 minutes ago', signedWith(() => ({ date: minutesFromNow(-20) })), invalid('RequestTimeTooSkewed', 403)],
  ['a date in 20 minutes', signedWith(() => ({ date: minutesFromNow(20) })), invalid('RequestTimeTooSkewed', 403)],
  ["a role's key without its token", signedWith(() => ({ credentials: withoutToken(role) })), UNKNOWN_CLIENT],
  [
    "a role's key with a wrong token",
    signedWith(() => ({ credentials: { ...role, sessionToken: 'another' } })),
    { ...UNKNOWN_CLIENT, xml: ['InvalidToken', 400] },
  ],
  [
    "the operator's key with a role's token",
    signedWith(() => ({ credentials: { ...operator, sessionToken: role.sessionToken ?? '' } })),
    { ...UNKNOWN_CLIENT, xml: ['InvalidToken', 400] },
  ],
  ['the scope of another region', signedWith(() => ({ region: 'us-east-1' })), invalid('AuthorizationHeaderMalformed', 400)],
  ['the scope of another date', alteredHeader('authorization', scopedToDate('20200101')), invalid('AuthorizationHeaderMalformed', 400)],
  ['broken percent-encoding in the path', altered(({ target }) => ({ target: `${target}%zz` })), INVALID_URI],
  ['broken percent-encoding in the query', altered(({ target }) => ({ target: `${target}?a=%zz` })), INVALID_URI],
  ['a path that is not UTF-8', altered(({ target }) => ({ target: `${target}%ff` })), INVALID_URI],
];

function secondEarlier(timestamp: string): string {
  const iso = timestamp.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5');
  return new Date(Date.parse(iso) - 1000).toISOString().replace(/[-:]|\.000/g, '');
}

function scopedToDate(date: string) {
  return (authorization: string) => authorization.replace(/\/\d{8}\//, `/${date}/`);
}

describe.each(CALLS)('$name', (serviceCall) => {
  const { call, service, protocol, complaint } = serviceCall;

  test('is accepted with a good signature', async () => {
    const answer = await send(endpoint, await sign(endpoint, call, byOperator(service)));
    expect(codeOf(protocol, answer)).toBe(complaint);
    if (complaint === undefined) expect(answer.status).toBe(200);
  });

  test.each(REFUSED)('is refused with %s', async (_what, spoil, refusals) => {
    const answer = await send(endpoint, await spoil(serviceCall));
    expect([codeOf(protocol, answer), answer.status]).toEqual(refusals[protocol]);
  });

  test('is refused when a scope is put in that was not signed', async () => {
    const signed = await sign(endpoint, call, byOperator(service));
    const authorization = (signed.headers['authorization'] ?? '').replace(`/${service}/`, '/echo/');
    const answer = await send(endpoint, { ...signed, headers: { ...signed.headers, authorization } });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'InvalidSignatureException' });
  });

  test('is refused when it is signed for a service that is not served', async () => {
    const answer = await send(endpoint, await sign(endpoint, call, byOperator('execute-api')));
    expect([answer.headers['x-amzn-errortype'], answer.status]).toEqual(['UnknownEndpoint', 501]);
    expect(answer.body).toContain('\\"execute-api\\"');
  });
});
