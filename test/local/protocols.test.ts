import fc from 'fast-check';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import { type AwsCall, AwsError, notEmulated } from '../../local/platform/call.ts';
import { JsonProtocol } from '../../local/platform/json-protocol.ts';
import { generatedName } from '../../local/platform/names.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { RestJsonProtocol, RestJsonReply, type RestJsonRoute } from '../../local/platform/rest-json-protocol.ts';
import type { Service } from '../../local/platform/service.ts';
import { sign } from '../support/sign.ts';
import { openRegionalDoor, type RegionalDoor, send } from './front-door-support.ts';

let door: RegionalDoor;
let operator: AccessKey;

beforeAll(async () => {
  door = await openRegionalDoor();
  operator = door.keys.issue(OPERATOR);
  const json = new JsonProtocol('Parrot', '1.1', {
    Repeat: async (input: object) => input,
    Refuse: async () => {
      throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, { Item: { id: { S: 'a' } } });
    },
    Decline: () => Promise.reject(notEmulated('declining')),
  });
  const route = (operation: string, method: string, path: string): RestJsonRoute => ({
    operation,
    method,
    path,
    handle: async (input, labels) => ({ operation, labels, input: Buffer.isBuffer(input) ? `${input.length} bytes` : input }),
  });
  const rest = new RestJsonProtocol('Shelf', [
    route('GetShelf', 'GET', '/shelves/{shelfId}'),
    route('PutBook', 'PUT', '/shelves/{shelfId}/books/{bookId}'),
    route('ListBooks', 'GET', '/shelves/{shelfId}/books/'),
    route('Version', 'GET', '/v1.0/version'),
    {
      operation: 'GetCover',
      method: 'GET',
      path: '/cover',
      handle: async () => new RestJsonReply({ status: 202, headers: { 'content-type': 'image/png' }, body: 'png' }),
    },
  ]);
  door.frontDoor.register(serviceOf('parrot', json), serviceOf('shelf', rest));
});

afterEach(() => expect(door.internalErrors).toEqual([]));
afterAll(() => door.frontDoor.close());

function serviceOf(signingName: string, protocol: JsonProtocol | RestJsonProtocol): Service {
  return {
    signingNames: [signingName],
    resourceTypes: [],
    operationOf: (request) => protocol.operationOf(request),
    handle: (call: AwsCall, operation: string) => protocol.handle(call, operation),
    renderError: protocol.renderError,
  };
}

async function call(service: string, method: string, target: string, headers: Record<string, string>, body?: string) {
  const { endpoint } = door.frontDoor;
  const wire = { method, target, headers, ...(body !== undefined && { body }) };
  return send(endpoint, await sign(endpoint, wire, { credentials: operator, service }));
}

describe('the JSON protocol', () => {
  const callParrot = (target: string, body?: string) => call('parrot', 'POST', '/', { 'x-amz-target': target }, body);

  test('finds the operation in its header, and answers in its content type', async () => {
    const answer = await callParrot('Parrot_2026.1.Repeat', '{"word":"grün"}');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: '{"word":"grün"}' });
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('takes an empty body as an empty document', async () => {
    expect((await callParrot('Parrot.Repeat')).body).toBe('{}');
  });

  test('words errors as SDKs read them, with their further members', async () => {
    const answer = await callParrot('Parrot.Refuse', '{}');
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/x-amz-json-1.1' } });
    expect(JSON.parse(answer.body)).toEqual({
      __type: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { id: { S: 'a' } },
    });
  });

  test.each<[string, string, string | undefined, number, string, string]>([
    [
      'an operation that there is not',
      'Parrot.Sing',
      '{}',
      400,
      'UnknownOperationException',
      'Parrot has no operation "Sing" in the local runtime.',
    ],
    [
      'one that every object has',
      'Parrot.constructor',
      '{}',
      400,
      'UnknownOperationException',
      'Parrot has no operation "constructor" in the local runtime.',
    ],
    ['no operation', '', '{}', 400, 'UnknownOperationException', 'Parrot has no operation "" in the local runtime.'],
    ['what is not emulated', 'Parrot.Decline', '{}', 501, 'NotImplementedByLocalRuntime', 'The local runtime does not emulate declining.'],
    ['a body that is no JSON', 'Parrot.Repeat', '{"a":', 400, 'SerializationException', 'The request body is not valid JSON.'],
    ['null', 'Parrot.Repeat', 'null', 400, 'SerializationException', 'The request body is not a JSON object.'],
    ['a list', 'Parrot.Repeat', '[]', 400, 'SerializationException', 'The request body is not a JSON object.'],
    ['a text', 'Parrot.Repeat', '"a"', 400, 'SerializationException', 'The request body is not a JSON object.'],
  ])('refuses %s', async (_name, target, body, status, __type, message) => {
    const answer = await callParrot(target, body);
    expect({ status: answer.status, ...JSON.parse(answer.body) }).toEqual({ status, __type, message });
  });
});

describe('the REST JSON protocol', () => {
  const callShelf = async (line: string, headers: Record<string, string> = {}, body?: string) => {
    const [method = '', target = ''] = line.split(' ');
    return call('shelf', method, target, headers, body);
  };
  const JSON_TYPE = { 'content-type': 'application/json' };

  test.each([
    ['GET /shelves/a', { operation: 'GetShelf', labels: { shelfId: 'a' } }],
    ['GET /shelves/a/', { operation: 'GetShelf', labels: { shelfId: 'a' } }],
    ['GET /shelves/a?max=1', { operation: 'GetShelf', labels: { shelfId: 'a' } }],
    ['GET /shelves/a%2Fb%20%C3%BC', { operation: 'GetShelf', labels: { shelfId: 'a/b ü' } }],
    ['GET /shelves/a/books', { operation: 'ListBooks', labels: { shelfId: 'a' } }],
    ['PUT /shelves/a/books/b', { operation: 'PutBook', labels: { shelfId: 'a', bookId: 'b' } }],
    ['GET /v1.0/version', { operation: 'Version', labels: {} }],
  ])('finds the operation of %s', async (line, expected) => {
    const answer = await callShelf(line);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { ...expected, input: '0 bytes' }]);
  });

  test.each(['DELETE /shelves/a', 'GET /', 'GET /shelves', 'GET /shelves//books', 'GET /v1x0/version', 'GET /shelves/a/books/b/c'])(
    'refuses %s by name',
    async (line) => {
      const answer = await callShelf(line);
      expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([404, 'UnknownOperationException']);
      expect(JSON.parse(answer.body)).toEqual({ message: `Shelf has no ${line} in the local runtime.` });
    },
  );

  test('reads JSON as JSON, and any other body as bytes', async () => {
    const line = 'PUT /shelves/a/books/b';
    expect(JSON.parse((await callShelf(line, JSON_TYPE, '{"title":"Fuses"}')).body).input).toEqual({ title: 'Fuses' });
    expect(JSON.parse((await callShelf(line, {}, 'bytes')).body).input).toBe('5 bytes');
    const broken = await callShelf(line, JSON_TYPE, '{');
    expect([broken.status, broken.headers['x-amzn-errortype']]).toEqual([400, 'SerializationException']);
  });

  test('passes on a reply that is no document', async () => {
    expect(await callShelf('GET /cover')).toMatchObject({ status: 202, headers: { 'content-type': 'image/png' }, body: 'png' });
  });
});

describe('a generated name', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,80}$/);

  test('fits, says what it is of, and is the same each time', () => {
    fc.assert(
      fc.property(name, name, fc.integer({ min: 32, max: 255 }), (stack, logicalId, maxLength) => {
        const generated = generatedName(stack, logicalId, maxLength);
        expect(generated.length).toBeLessThanOrEqual(maxLength);
        expect(generated).toMatch(/-[0-9a-f]{12}$/);
        expect(`${stack}-${logicalId}`.startsWith(generated.slice(0, -13))).toBe(true);
        expect(generatedName(stack, logicalId, maxLength)).toBe(generated);
      }),
    );
  });

  test('is another for another resource, even where both names are cut alike', () => {
    const resources = ['Bucket1', 'Bucket2'].flatMap((logicalId) =>
      ['Manuel-dev-storage-one', 'Manuel-dev-storage-two'].map((stack) => [stack, logicalId] as const),
    );
    expect(new Set(resources.map(([stack, logicalId]) => generatedName(stack, logicalId, 24))).size).toBe(4);
  });
});
