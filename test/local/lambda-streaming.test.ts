import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { FunctionStreamError } from '../../local/lambda/function-response.ts';
import type { LambdaService } from '../../local/lambda/lambda.service.ts';
import type { Principal } from '../../local/platform/principal.ts';
import { type LambdaUnderTest, openLambda, until } from './lambda-handlers/lambda-under-test.ts';

const PRELUDE = `${JSON.stringify({ statusCode: 201, headers: { 'x-colour': 'green' } })}${'\0'.repeat(8)}`;

let under: LambdaUnderTest;
let functions: LambdaService;
let name: string;

beforeAll(async () => {
  under = await openLambda();
  functions = under.functions;
  name = await under.deploy('handlers.stream');
});

afterAll(() => under.door.close());

test('chunks arrive while the function is still writing', async () => {
  const goOn = path.join(tmpdir(), `manuel-go-on-${crypto.randomUUID()}`);
  const event = JSON.stringify({ chunks: ['one', 'two', 'three'], goOn });
  const { body, contentType, functionError } = await functions.invokeWithResponseStream(name, event);
  expect({ contentType, functionError }).toEqual({ contentType: 'application/vnd.awslambda.http-integration-response' });
  let received = '';
  for await (const chunk of body) {
    received += String(chunk);
    // The function goes on only once its first chunk is here.
    if (received.endsWith('one')) writeFileSync(goOn, '');
  }
  expect(received).toBe(`${PRELUDE}onetwothree`);
  rmSync(goOn);
});

test('Invoke gives the whole of a streamed response', async () => {
  const { Payload, FunctionError } = await new LambdaClient(under.door.clientConfig).send(
    new InvokeCommand({ FunctionName: name, Payload: '{"chunks":["one","two"]}' }),
  );
  expect(FunctionError).toBeUndefined();
  expect(Payload?.transformToString()).toBe(`${PRELUDE}onetwo`);
});

test('a handler that does not stream answers in one piece', async () => {
  const { body, contentType } = await functions.invokeWithResponseStream(await under.deploy('handlers.echo'), '{"a":1}');
  expect(contentType).toBe('application/json');
  expect(JSON.parse(String(await buffer(body)))).toMatchObject({ event: { a: 1 } });
});

test('a failure before the first byte is an ordinary function error', async () => {
  const { body, functionError } = await functions.invokeWithResponseStream(name, '{"how":"fail at once"}');
  expect(functionError).toBe('Unhandled');
  expect(JSON.parse(String(await buffer(body)))).toMatchObject({ errorType: 'QuotaError', errorMessage: 'no units left' });
});

test('a failure after the first byte breaks the stream off', async () => {
  const { body, functionError } = await functions.invokeWithResponseStream(name, '{"chunks":["one"],"how":"break off"}');
  expect(functionError).toBeUndefined();
  const failure = await buffer(body).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FunctionStreamError);
  expect(JSON.parse(String((failure as FunctionStreamError).document))).toMatchObject({ errorType: 'QuotaError' });
  const buffered = await functions.invoke(name, '{"chunks":["one"],"how":"break off"}');
  expect(buffered.functionError).toBe('Unhandled');
  expect(JSON.parse(String(buffered.payload))).toMatchObject({ errorType: 'QuotaError' });
});

test('a process that exits or runs out of time breaks the stream off too', async () => {
  const exiting = await functions.invokeWithResponseStream(name, '{"chunks":["one"],"how":"exit"}');
  await expect(buffer(exiting.body)).rejects.toBeInstanceOf(FunctionStreamError);
  const slow = await under.deploy('handlers.stream', { Timeout: 1 });
  const endless = await functions.invokeWithResponseStream(slow, JSON.stringify({ chunks: Array(100).fill('x') }));
  await expect(buffer(endless.body)).rejects.toBeInstanceOf(FunctionStreamError);
});

test('a reader who leaves does not stop the function, and its environment serves the next', async () => {
  const { body } = await functions.invokeWithResponseStream(name, '{"chunks":["one","two","three"]}');
  body.destroy();
  const { payload, logTail } = await functions.invoke(name, '{"chunks":["four"]}');
  expect(String(payload)).toBe(`${PRELUDE}four`);
  expect(logTail).toMatch(/^START .*\nEND .*\nREPORT /);
});

test('a reader who leaves in the middle does not hold up what is still written', async () => {
  const another = await under.deploy('handlers.stream');
  const goOn = path.join(tmpdir(), `manuel-go-on-${crypto.randomUUID()}`);
  const chunks = ['one', ...Array(4).fill('x'.repeat(500_000))];
  const { body } = await functions.invokeWithResponseStream(another, JSON.stringify({ chunks, goOn }));
  for await (const _ of body.iterator({ destroyOnReturn: true })) break;
  writeFileSync(goOn, '');
  await until(async () => (await under.logOf(another, 'REPORT')).length > 0);
  expect(await under.logOf(another, 'REPORT')).toEqual([expect.not.stringContaining('timeout')]);
  rmSync(goOn);
});

test('whoever streams a response needs the right to invoke', async () => {
  const gateway: Principal = {
    kind: 'service',
    name: 'apigateway.amazonaws.com',
    sourceArn: 'arn:aws:execute-api:eu-west-1:000000000000:a/v1/GET/',
  };
  const { arn } = functions.function(name).configuration;
  await expect(functions.invokeWithResponseStreamAs(gateway, arn, '{"chunks":["one"]}')).rejects.toMatchObject({
    code: 'AccessDeniedException',
  });
  await under.door.provision('AWS::Lambda::Permission', 'Streaming', {
    FunctionName: name,
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
  });
  const { body } = await functions.invokeWithResponseStreamAs(gateway, arn, '{"chunks":["one"]}');
  expect(String(await buffer(body))).toBe(`${PRELUDE}one`);
});
