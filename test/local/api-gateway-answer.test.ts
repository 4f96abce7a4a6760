import { AwsError } from '../../local/platform/call.ts';
import { type ServedApi, serveApi } from './api-gateway-support.ts';

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, integration }) => root.addMethod('GET', integration), { binaryMediaTypes: ['audio/*'] });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

describe('the answer', () => {
  test('carries status, headers and body of the function, and the gateway its own headers', async () => {
    api.fn.handler = () => ({ statusCode: '201', headers: { Location: '/x', 'X-Flag': true }, body: 'made' });
    const reply = await api.send('/');
    expect(reply).toMatchObject({ status: 201, body: Buffer.from('made') });
    expect(reply.headers).toMatchObject({
      location: '/x',
      'x-flag': 'true',
      'content-type': 'application/json',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-amz-apigw-id': expect.stringMatching(/^[\w+/]{15}=$/),
      'x-amzn-trace-id': expect.stringContaining('Root=1-'),
    });
  });

  test('merges single and multiple values of a header', async () => {
    api.fn.handler = () => ({
      headers: { 'set-cookie': 'a=1', 'X-Same': 'v', 'content-type': 'text/html' },
      multiValueHeaders: { 'Set-Cookie': ['b=2', 'c=3'], 'x-same': ['v'] },
    });
    const { status, headers, rawHeaders } = await api.send('/');
    expect(status).toBe(200);
    expect(headers['set-cookie']).toEqual(['b=2', 'c=3', 'a=1']);
    expect(headers).toMatchObject({ 'x-same': 'v', 'content-type': 'text/html' });
    expect(rawHeaders.filter((name) => name === 'Set-Cookie')).toHaveLength(3);
  });

  test('keeps the headers that are the gateway’s', async () => {
    api.fn.handler = () => ({
      statusCode: 401,
      headers: {
        Server: 's',
        Date: 'd',
        Connection: 'c',
        'Content-Length': '9',
        'WWW-Authenticate': 'Bearer',
        'Transfer-Encoding': 'chunked',
        'x-amzn-RequestId': 'mine',
      },
      body: 'four',
    });
    const { headers, body } = await api.send('/');
    expect(headers).toMatchObject({
      'x-amzn-remapped-server': 's',
      'x-amzn-remapped-date': 'd',
      'x-amzn-remapped-connection': 'c',
      'x-amzn-remapped-content-length': '9',
      'x-amzn-remapped-www-authenticate': 'Bearer',
      'content-length': '4',
    });
    expect(headers).not.toHaveProperty('www-authenticate');
    expect(headers['x-amzn-requestid']).not.toContain('mine');
    expect(body.toString()).toBe('four');
  });

  test('is decoded only for a client that accepts its type', async () => {
    const bytes = Buffer.from([1, 0, 255]);
    api.fn.handler = () => ({ headers: { 'content-type': 'audio/mpeg' }, body: bytes.toString('base64'), isBase64Encoded: true });
    expect((await api.send('/', { headers: { accept: 'audio/mpeg, */*' } })).body).toEqual(bytes);
    for (const accept of ['*/*', 'text/html, audio/mpeg', 'image/png']) {
      expect((await api.send('/', { headers: { accept } })).body.toString()).toBe(bytes.toString('base64'));
    }
    api.fn.handler = () => ({ body: 'not base64!', isBase64Encoded: true });
    expect((await api.send('/', { headers: { accept: 'audio/mpeg' } })).status).toBe(500);
  });

  test.each<[string, unknown]>([
    ['text', '"hello"'],
    ['no JSON', 'oops'],
    ['nothing', 'null'],
    ['a list', []],
    ['another member', { statusCode: 200, message: 'hi' }],
    ['an object as body', { statusCode: 200, body: { a: 1 } }],
    ['a status that is none', { statusCode: 'ok' }],
    ['a status out of range', { statusCode: 99 }],
    ['an object as header', { headers: { a: {} } }],
    ['a text as list of values', { multiValueHeaders: { a: 'v' } }],
    ['a header that would split the response', { headers: { a: 'b\r\nset-cookie: c' } }],
    ['a header name that is none', { headers: { 'a b': 'c' } }],
  ])('of %s is a 502', async (_what, answer) => {
    api.fn.handler = () => answer;
    const { status, json, headers } = await api.send('/');
    expect({ status, json }).toEqual({ status: 502, json: { message: 'Internal server error' } });
    expect(headers['x-amzn-errortype']).toBe('InternalServerErrorException');
    expect(headers).not.toHaveProperty('x-amzn-trace-id');
    expect(api.reports).toEqual([expect.stringContaining('GET / answered 502: malformed Lambda proxy response')]);
  });

  test('of a function that failed is a 502, and the reason stays inside', async () => {
    api.fn.error = 'Unhandled';
    api.fn.handler = () => ({ errorType: 'Error', errorMessage: 'secret detail' });
    const { status, json } = await api.send('/');
    expect({ status, json }).toEqual({ status: 502, json: { message: 'Internal server error' } });
    expect(api.reports).toEqual([expect.stringContaining('secret detail')]);
  });

  test('of a function that could not be run is a 5xx', async () => {
    api.fn.handler = () => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    };
    expect((await api.send('/')).status).toBe(502);
    api.fn.handler = () => {
      throw new AwsError('AccessDeniedException', 'no permission', 403);
    };
    expect((await api.send('/')).status).toBe(500);
  });
});
