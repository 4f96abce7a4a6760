import { once } from 'node:events';
import http from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { LambdaIntegration, ResponseTransferMode } from 'aws-cdk-lib/aws-apigateway';
import { Duration } from 'aws-cdk-lib/core';
import { type ServedApi, serveApi } from './api-gateway-support.ts';

const DELIMITER = '\0'.repeat(8);

let api: ServedApi;

beforeAll(async () => {
  api = await serveApi(({ root, lambda }) => {
    const timeout = Duration.seconds(70);
    root.addMethod('GET', new LambdaIntegration(lambda, { responseTransferMode: ResponseTransferMode.STREAM, timeout }));
  });
});
beforeEach(() => api.reset());
afterAll(() => api.close());

/** A function that a test writes for, piece by piece; `asked` resolves once it was invoked. */
function openFunction() {
  const output = new PassThrough();
  const asked = Promise.withResolvers<void>();
  api.fn.stream = () => {
    asked.resolve();
    return output;
  };
  return { output, asked: asked.promise };
}

/** What a client receives, as it receives it. */
async function open(): Promise<http.IncomingMessage> {
  const request = http.get(api.url, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return response;
}

const head = (metadata: object) => `${JSON.stringify(metadata)}${DELIMITER}`;
const firstOf = async (response: http.IncomingMessage) => String((await once(response, 'data'))[0]);
const shortly = () => new Promise((resolve) => setTimeout(resolve, 20, 'waiting'));

test('the head arrives before the body, and each piece before the next is written', async () => {
  const { output, asked } = openFunction();
  const opened = open();
  await asked;
  output.write(head({ statusCode: 201, headers: { 'content-type': 'text/event-stream', 'X-Flag': true }, cookies: ['a=1', 'b=2'] }));
  const response = await opened;
  expect(response.statusCode).toBe(201);
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'x-flag': 'true',
    'set-cookie': ['a=1', 'b=2'],
    'transfer-encoding': 'chunked',
    'x-amzn-requestid': expect.any(String),
    'x-amzn-trace-id': expect.stringContaining('Root=1-'),
  });
  for (const piece of ['one', 'two', 'three']) {
    const received = firstOf(response);
    output.write(piece);
    expect(await received).toBe(piece);
  }
  output.end();
  await once(response, 'end');
  expect(api.reports).toEqual([]);
});

test('the metadata and the delimiter may be cut anywhere, and null bytes of the body are its own', async () => {
  const whole = Buffer.from(`${head({ statusCode: 200 })}\0\0a\0${DELIMITER}b`);
  for (const size of [1, 5, whole.length - 3]) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) => whole.subarray(index * size, (index + 1) * size));
    api.fn.stream = () => Readable.from(pieces, { objectMode: false });
    const { status, body } = await api.send('/');
    expect({ status, body: body.toString() }).toEqual({ status: 200, body: `\0\0a\0${DELIMITER}b` });
  }
});

test('a length that the function knows is told', async () => {
  api.fn.stream = () => Readable.from([Buffer.from(`${head({ headers: { 'Content-Length': 4 } })}four`)]);
  const { status, headers } = await api.send('/');
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-length': '4', 'content-type': 'application/json' });
  expect(headers).not.toHaveProperty('transfer-encoding');
});

test.each<[string, string, RegExp]>([
  ['a proxy response in one piece', JSON.stringify({ statusCode: 200, body: 'x' }), /without metadata and a delimiter/],
  ['nothing', '', /without metadata and a delimiter/],
  ['metadata that is no JSON', `oops${DELIMITER}`, /not JSON/],
  ['metadata with another member', head({ statusCode: 200, body: 'x' }), /body/],
  ['a status that is none', head({ statusCode: 99 }), /statusCode/],
  ['a header that would split the response', head({ headers: { a: 'b\r\nset-cookie: c' } }), /header "a"/],
  ['metadata of more than 16 KB', head({ headers: { a: 'x'.repeat(16 * 1024) } }), /first 16384 bytes/],
])('a function that begins with %s is a 502', async (_what, text, reason) => {
  api.fn.stream = () => Readable.from(text === '' ? [] : [Buffer.from(text)]);
  const { status, json } = await api.send('/');
  expect({ status, json }).toEqual({ status: 502, json: { message: 'Internal server error' } });
  expect(api.reports).toEqual([expect.stringMatching(reason)]);
});

test('a function that fails before it has begun is a 502, and the reason stays inside', async () => {
  api.fn.error = 'Unhandled';
  api.fn.stream = () => Readable.from([Buffer.from('{"errorMessage":"secret detail"}')]);
  expect(await api.send('/')).toMatchObject({ status: 502, json: { message: 'Internal server error' } });
  expect(api.reports).toEqual([expect.stringContaining('secret detail')]);
  api.reset();
  const { output, asked } = openFunction();
  const pending = api.send('/');
  await asked;
  output.destroy(new Error('the function has died'));
  expect((await pending).status).toBe(502);
  expect(api.reports).toEqual([expect.stringContaining('the function has died')]);
});

test('a function that breaks off later cuts the connection, so that nobody takes it for the end', async () => {
  const { output } = openFunction();
  output.write(`${head({})}one`);
  const response = await open();
  expect(await firstOf(response)).toBe('one');
  const broken = once(response, 'error');
  output.destroy(new Error('the function has died'));
  expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  expect(response.complete).toBe(false);
  expect(api.reports).toEqual(['GET / broke off in the middle of its answer: the function has died']);
});

describe('a stream that takes longer than its integration may', () => {
  test('is a 504 where it has not begun', async () => {
    const { output, asked } = openFunction();
    const pending = api.send('/');
    await asked;
    output.write('{"statusCode":');
    api.world.clock.advance(69_000);
    expect(await Promise.race([pending, shortly()])).toBe('waiting');
    api.world.clock.advance(1_000);
    expect(await pending).toMatchObject({ status: 504, json: { message: 'Endpoint request timed out' } });
    output.end();
  });

  test('is cut where it has', async () => {
    const { output, asked } = openFunction();
    const opened = open();
    await asked;
    api.world.clock.advance(40_000);
    output.write(head({}));
    const response = await opened;
    const broken = once(response, 'error').then(() => 'broken');
    response.resume();
    api.world.clock.advance(29_000);
    expect(await Promise.race([broken, shortly()])).toBe('waiting');
    api.world.clock.advance(1_000);
    expect(await broken).toBe('broken');
  });
});

test('a client that hangs up lets go of the stream, before and after it has begun', async () => {
  for (const beginning of ['{', `${head({})}one`]) {
    const { output, asked } = openFunction();
    const released = once(output, 'close');
    const request = http.get(api.url, { agent: false }).on('error', () => undefined);
    request.on('response', (response) => response.on('error', () => undefined).once('data', () => request.destroy()));
    await asked;
    output.write(beginning);
    if (beginning === '{') request.destroy();
    // What nobody reads any more is let go of once it has begun.
    await shortly();
    if (beginning === '{') output.write(head({}).slice(1));
    await released;
  }
  expect(api.reports).toEqual([]);
  expect(api.world.internalErrors).toEqual([]);
});
