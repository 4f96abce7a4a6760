// biome-ignore-all lint/suspicious/noConsole: Lambda functions log to the console

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const startedWith = await Promise.resolve({ ...process.env });
let invocations = 0;
let ticks = 0;

export const echo = async (event, context) => {
  invocations += 1;
  return {
    event,
    invocations,
    pid: process.pid,
    requestId: context.awsRequestId,
    functionArn: context.invokedFunctionArn,
    clientContext: context.clientContext,
    remainingMs: context.getRemainingTimeInMillis(),
  };
};

export const environment = async () => ({ variables: startedWith, folder: process.cwd() });

export const record = async (event) => console.log(`event ${JSON.stringify(event)}`);

class QuotaError extends Error {
  name = 'QuotaError';
}

export const misbehave = async ({ how }) => {
  invocations += 1;
  console.log(`attempt ${invocations} of ${process.pid}`);
  if (how === 'throw') throw new QuotaError('no units left');
  if (how === 'throw text') throw 'just text';
  if (how === 'exit') process.exit(7);
  if (how === 'hang') await sleep(60_000);
  if (how === 'spin') for (;;);
  if (how === 'too large') return 'x'.repeat(6_291_557);
  return process.pid;
};

export const slow = async ({ ms }) => {
  const from = Date.now();
  await sleep(ms);
  return { pid: process.pid, from, to: Date.now() };
};

/** Asks the Runtime API for an invocation, without saying which and with a guess. */
export const eavesdrop = async () => {
  const next = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next`;
  const answers = [await fetch(next), await fetch(next, { headers: { 'request-id': crypto.randomUUID() } })];
  return answers.map(({ status }) => status);
};

/** Leaves work behind that goes on whenever the event loop runs. */
export const leaveTimer = async () => {
  ticks += 1;
  if (ticks === 1)
    setInterval(() => {
      ticks += 1;
    }, 5);
  return ticks;
};

export const print = async () => {
  console.log('two\nlines');
  console.error('an error', { code: 42 });
  process.stdout.write('{"raw":"json"}\n');
  process.stderr.write('no newline at the end');
};

export const stream = awslambda.streamifyResponse(async ({ chunks, how, goOn }, response) => {
  if (how === 'fail at once') throw new QuotaError('no units left');
  const withPrelude = awslambda.HttpResponseStream.from(response, { statusCode: 201, headers: { 'x-colour': 'green' } });
  for (const chunk of chunks) {
    withPrelude.write(chunk);
    await sleep(40);
    while (goOn && !existsSync(goOn)) await sleep(5);
  }
  if (how === 'break off') throw new QuotaError('no units left');
  if (how === 'exit') process.exit(3);
  withPrelude.end();
});

export const batch = async ({ Records }) => {
  const failed = Records.filter(({ body }) => body.startsWith('bad'));
  if (Records.some(({ body }) => body === 'throw')) throw new Error('the batch failed');
  if (Records.some(({ body }) => body === 'unknown id')) return { batchItemFailures: [{ itemIdentifier: 'nobody' }] };
  if (Records.some(({ body }) => body === 'empty id')) return { batchItemFailures: [{ itemIdentifier: '' }] };
  console.log(JSON.stringify(Records));
  return failed.length > 0 ? { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) } : undefined;
};

export const overlap = async ({ Records }) => {
  const from = Date.now();
  await sleep(100);
  console.log(JSON.stringify({ span: true, size: Records.length, from, to: Date.now() }));
};
