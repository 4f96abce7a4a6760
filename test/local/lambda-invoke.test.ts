import {
  GetFunctionCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  ListFunctionsCommand,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import { isAlive, type LambdaUnderTest, openLambda, ROLE, until } from './lambda-handlers/lambda-under-test.ts';

let under: LambdaUnderTest;
let lambda: LambdaClient;

beforeAll(async () => {
  under = await openLambda();
  lambda = new LambdaClient(under.door.clientConfig);
});

afterAll(async () => {
  await under.door.close();
  expect(under.door.internalErrors).toEqual([]);
});

async function invoke(name: string, event: unknown = {}, input: Partial<InvokeCommandInput> = {}) {
  const output = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), LogType: 'Tail', ...input }));
  const text = output.Payload?.transformToString() ?? '';
  const log = Buffer.from(output.LogResult ?? '', 'base64').toString('utf8');
  return { ...output, result: text === '' ? undefined : JSON.parse(text), log };
}

test('a module handler gets its event and a context', async () => {
  const name = await under.deploy('handlers.echo', { Timeout: 5 });
  const { result, StatusCode, ExecutedVersion, FunctionError, $metadata } = await invoke(name, { question: 'how' });
  expect({ StatusCode, ExecutedVersion, FunctionError }).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST', FunctionError: undefined });
  expect(result).toMatchObject({
    event: { question: 'how' },
    functionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
    requestId: $metadata.requestId,
  });
  expect(result.remainingMs).toBeGreaterThan(4_000);
  expect(result.remainingMs).toBeLessThanOrEqual(5_000);
});

test('a CommonJS handler runs, from a file of its own and inline', async () => {
  const file = await under.deploy('commonjs.handler');
  expect((await invoke(file, { name: 'Ada' })).result).toBe('commonjs.cjs got Ada');
  const inline = await under.deploy('index.handler', {
    Code: { ZipFile: 'exports.handler = async () => require("node:path").basename(__filename)' },
  });
  expect((await invoke(inline)).result).toBe('index.js');
});

test('packages of the project are out of reach, as they would be on Lambda', async () => {
  const name = await under.deploy('index.handler', { Code: { ZipFile: 'exports.handler = async () => require("zod")' } });
  expect((await invoke(name)).result.errorMessage).toMatch(/^Cannot find module 'zod'/);
});

test('an environment is used again while warm, for one invocation at a time', async () => {
  const name = await under.deploy('handlers.echo');
  const first = await invoke(name);
  const second = await invoke(name);
  expect(second.result).toMatchObject({ pid: first.result.pid, invocations: 2 });
  expect(first.log).toMatch(/Init Duration: \d+\.\d\d ms/);
  expect(second.log).not.toContain('Init Duration');
});

test('parallel invocations each get an environment, up to ten; further ones wait', async () => {
  const name = await under.deploy('handlers.slow', { Timeout: 20 });
  const runs = await Promise.all(Array.from({ length: 12 }, () => invoke(name, { ms: 300 })));
  const spans = runs.map(({ result }) => result as { pid: number; from: number; to: number });
  expect(new Set(spans.map(({ pid }) => pid)).size).toBe(10);
  for (const a of spans) {
    for (const b of spans) if (a !== b && a.pid === b.pid) expect(a.to <= b.from || b.to <= a.from).toBe(true);
  }
});

test('who waits for an environment that dies gets a new one', async () => {
  const name = await under.deploy('handlers.misbehave', { Timeout: 1 });
  const doomed = Array.from({ length: 10 }, () => invoke(name, { how: 'hang' }));
  const waiting = invoke(name, {});
  expect((await Promise.all(doomed)).map(({ result }) => result.errorType)).toEqual(Array(10).fill('Sandbox.Timedout'));
  expect((await waiting).FunctionError).toBeUndefined();
});

test('beyond the reserved concurrency AWS throttles', async () => {
  const name = await under.deploy('handlers.slow', { ReservedConcurrentExecutions: 1 });
  const first = invoke(name, { ms: 200 });
  await expect(invoke(name, { ms: 0 })).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
  expect((await first).FunctionError).toBeUndefined();
  expect((await invoke(name, { ms: 0 })).FunctionError).toBeUndefined();
  await expect(invoke(await under.deploy('handlers.slow', { ReservedConcurrentExecutions: 0 }))).rejects.toThrow('Rate Exceeded.');
});

test('an idle environment is frozen: what a handler left behind does not run', async () => {
  const name = await under.deploy('handlers.leaveTimer');
  const before = (await invoke(name)).result;
  await new Promise((resolve) => setTimeout(resolve, 150));
  // A tick or two may fall into the invocations themselves; thirty would have passed meanwhile.
  expect((await invoke(name)).result - before).toBeLessThan(20);
});

test('an idle environment is stopped after some minutes', async () => {
  const name = await under.deploy('handlers.echo');
  const { pid } = (await invoke(name)).result;
  under.door.clock.advance(10 * 60 * 1000);
  await until(() => !isAlive(pid));
  expect((await invoke(name)).result).toMatchObject({ invocations: 1 });
});

test('an invocation cannot be fetched by anyone but the environment that it is meant for', async () => {
  const name = await under.deploy('handlers.eavesdrop');
  expect((await invoke(name)).result).toEqual([403, 403]);
});

test('a thrown error comes back as the runtime describes it', async () => {
  const name = await under.deploy('handlers.misbehave');
  const { FunctionError, result, StatusCode, log } = await invoke(name, { how: 'throw' });
  expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
  expect(result).toEqual({ errorType: 'QuotaError', errorMessage: 'no units left', trace: expect.any(Array) });
  expect(log).toMatch(/ERROR\tInvoke Error/);
  expect(log).toMatch(/Status: error\tError Type: QuotaError$/m);
  expect((await invoke(name, { how: 'throw text' })).result).toMatchObject({ errorType: 'string', errorMessage: 'just text' });
});

test('a timeout kills the environment, also one that never yields', async () => {
  const name = await under.deploy('handlers.misbehave', { Timeout: 1 });
  const warm = (await invoke(name, {})).result;
  for (const how of ['hang', 'spin']) {
    const { FunctionError, result, log, $metadata } = await invoke(name, { how });
    expect(FunctionError).toBe('Unhandled');
    expect(result).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${$metadata.requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(log).toMatch(/Task timed out after 1\.00 seconds\nEND RequestId/);
    expect(log).toMatch(/Status: timeout$/m);
  }
  expect((await invoke(name, {})).result).not.toBe(warm);
});

test('a process that exits during a request answers for it, and is replaced', async () => {
  const name = await under.deploy('handlers.misbehave');
  const { FunctionError, result, $metadata, log } = await invoke(name, { how: 'exit' });
  expect(FunctionError).toBe('Unhandled');
  expect(result).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${$metadata.requestId} Error: Runtime exited with error: exit status 7`,
  });
  expect(log).toContain('attempt 1');
  expect((await invoke(name, {})).FunctionError).toBeUndefined();
});

test('an error at init is what the caller gets', async () => {
  const { FunctionError, result, log } = await invoke(await under.deploy('broken.handler'));
  expect(FunctionError).toBe('Unhandled');
  expect(result).toMatchObject({ errorType: 'TypeError', errorMessage: 'the module does not load' });
  expect(log).toMatch(/^START RequestId.*\nEND RequestId.*\nREPORT RequestId.*Status: error\tError Type: TypeError\n$/);
  expect((await invoke(await under.deploy('handlers.nobody'))).result).toMatchObject({
    errorType: 'Runtime.HandlerNotFound',
    errorMessage: 'handlers.nobody is undefined or not exported',
  });
  expect((await invoke(await under.deploy('commonjs.withCallback'))).result.errorType).toBe('Runtime.CallbackHandlerDeprecated');
});

test('the environment holds what Lambda and the template say, and nothing of this machine but the PATH', async () => {
  vi.stubEnv('SECRET_OF_THE_DEVELOPER', 'do not tell');
  const name = await under.deploy('handlers.environment', {
    Environment: { Variables: { TABLE: 'manuals', TZ: 'Europe/Zurich' } },
    MemorySize: 256,
  });
  const { variables, folder } = (await invoke(name)).result as { variables: Record<string, string>; folder: string };
  const key = under.door.keys.find(variables['AWS_ACCESS_KEY_ID'] ?? '');
  expect(key?.principal).toEqual({ kind: 'role', arn: ROLE, sessionName: name });
  // Set by the system on macOS in every process.
  delete variables['__CF_USER_TEXT_ENCODING'];
  expect(variables).toEqual({
    PATH: process.env['PATH'],
    HOME: '/home/sbx_user1051',
    LANG: 'en_US.UTF-8',
    TZ: 'Europe/Zurich',
    TABLE: 'manuals',
    _HANDLER: 'handlers.environment',
    AWS_ACCESS_KEY_ID: key?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key?.secretAccessKey,
    AWS_SESSION_TOKEN: key?.sessionToken,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: under.door.clientConfig.endpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: 'Text',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    LAMBDA_RUNTIME_DIR: expect.stringMatching(/aws-lambda-ric$/),
    LAMBDA_TASK_ROOT: folder,
  });
});

test('what Lambda would not take is refused in its words', async () => {
  const name = await under.deploy('handlers.echo');
  expect((await invoke(name, {}, { InvocationType: 'DryRun' })).StatusCode).toBe(204);
  await expect(invoke('nobody')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody',
  });
  await expect(lambda.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{') }))).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
  await expect(invoke(name, 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  await expect(invoke(name, 'x'.repeat(1024 * 1024), { InvocationType: 'Event' })).rejects.toMatchObject({
    name: 'RequestTooLargeException',
  });
  await expect(invoke(name, {}, { Qualifier: 'live' })).rejects.toThrow('does not emulate versions and aliases');
  await expect(lambda.send(new PublishVersionCommand({ FunctionName: name }))).rejects.toMatchObject({ name: 'UnknownOperationException' });
  expect((await invoke(await under.deploy('handlers.misbehave'), { how: 'too large' })).result.errorType).toBe(
    'Function.ResponseSizeTooLarge',
  );
});

test('functions can be looked up', async () => {
  const name = await under.deploy('handlers.echo', { Timeout: 7, ReservedConcurrentExecutions: 2, FunctionName: 'look-me-up' });
  const { Configuration, Concurrency } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
  expect(Configuration).toMatchObject({ FunctionName: 'look-me-up', Timeout: 7, MemorySize: 128, Role: ROLE, Runtime: 'nodejs24.x' });
  expect(Concurrency?.ReservedConcurrentExecutions).toBe(2);
  const { Functions = [], NextMarker } = await lambda.send(new ListFunctionsCommand({ MaxItems: 1 }));
  expect(Functions).toHaveLength(1);
  const rest = await lambda.send(new ListFunctionsCommand(NextMarker === undefined ? {} : { Marker: NextMarker }));
  expect([...Functions, ...(rest.Functions ?? [])].map(({ FunctionName }) => FunctionName)).toContain('look-me-up');
});

test.each([
  ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'us-east-1' } } }, /Reserved keys used in this request: AWS_REGION/],
  ['too many variables', { Environment: { Variables: { A: 'x'.repeat(5000) } } }, /exceeded the 4KB limit/],
  ['a diverted endpoint', { Environment: { Variables: { AWS_ENDPOINT_URL: 'http://elsewhere' } } }, /functions that set AWS_ENDPOINT_URL/],
  ['another runtime', { Runtime: 'nodejs22.x' }, /does not emulate the Lambda runtime nodejs22\.x/],
  ['a timeout out of range', { Timeout: 901 }, /Timeout is 901; it must be an integer from 1 to 900/],
  ['a layer', { Layers: ['arn'] }, /does not emulate Layers/],
  ['code in S3', { Code: { S3Bucket: 'assets', S3Key: 'key.zip' } }, /neither inline \(ZipFile\) nor an asset/],
  ['a folder that is not there', { Code: { LocalPath: '/nowhere' } }, /is not a folder: \/nowhere/],
])('%s is refused when the function is created', async (_what, properties, message) => {
  await expect(under.deploy('handlers.echo', properties)).rejects.toThrow(message);
});
