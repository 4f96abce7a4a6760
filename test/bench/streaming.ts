import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { signIn } from '../../local/cli/sign-in.ts';
import { Runtime } from '../../local/runtime.ts';
import { loadManualFixtures } from '../fixtures/fixtures.ts';

/**
 * `npm run bench:streaming`: how soon after the model's first token a client sees its first event, through the whole of a runtime. The
 * model is a stand-in of a steady pace, in this very process, so that all is told by one clock. Nothing is shown before the first citation,
 * so the figure has two parts: what the model takes until it cites, and what we take from there.
 */
const ROUNDS = 20;
const MS_PER_TOKEN = 10;
const FIRST_STATEMENT = 'Gutenprint drives the printer part of such a device, and its scanner is for another program [[1]]';
const REST = ', so install one beside it. '.repeat(12);

interface Moments {
  firstToken: number;
  firstCitation: number;
  firstEvent: number;
  end: number;
}

const moments: Moments = { firstToken: 0, firstCitation: 0, firstEvent: 0, end: 0 };

const model = createServer(async (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  moments.firstToken = performance.now();
  for (const token of tokensOf(FIRST_STATEMENT)) {
    moments.firstCitation = performance.now();
    await say(response, token);
  }
  for (const token of tokensOf(REST)) await say(response, token);
  send(response, {}, 'stop');
  response.end('data: [DONE]\n\n');
}).listen(0, '127.0.0.1');
await once(model, 'listening');

const directory = await mkdtemp(path.join(tmpdir(), 'manuel-bench-'));
const runtime = await Runtime.start({
  stage: 'dev',
  port: 0,
  directory,
  embeddings: undefined,
  languageModel: { url: `http://127.0.0.1:${(model.address() as AddressInfo).port}`, model: 'steady' },
  speech: { searchPath: '' },
  onStep: () => undefined,
  onReport: () => undefined,
});
try {
  await measure(runtime);
} finally {
  await runtime.stop();
  await rm(directory, { recursive: true, force: true });
  model.closeAllConnections();
  model.close();
}

async function measure({ file }: Runtime): Promise<void> {
  const [user] = file.users;
  const manual = loadManualFixtures().find(({ name }) => name === 'gutenprint');
  if (!user || !manual) throw new Error('there is nobody to ask, or nothing to ask about');
  const token = await signIn({ endpoint: file.aws_endpoint, userPoolId: file.user_pool_id, clientId: file.client_id, ...user });
  const client = new ManuelClient(file.api_url, token);
  await client.untilReady(await client.upload(manual.path, manual.contentType));
  const rounds: Moments[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    moments.firstEvent = 0;
    for await (const _ of client.askInEvents(manual.questions[0]?.question ?? '')) moments.firstEvent ||= performance.now();
    moments.end = performance.now();
    // The first one starts a process.
    if (round > 0) rounds.push({ ...moments });
  }
  const toFirstEvent = median(rounds.map(({ firstToken, firstEvent }) => firstEvent - firstToken));
  const ours = median(rounds.map(({ firstCitation, firstEvent }) => firstEvent - firstCitation));
  const whole = median(rounds.map(({ firstToken, end }) => end - firstToken));
  print(`the model's first token to the client's first event   ${toFirstEvent.toFixed(0)} ms`);
  print(`  of which after the model has cited                  ${ours.toFixed(1)} ms, ${(ours / MS_PER_TOKEN).toFixed(2)} tokens`);
  print(`the model's first token to the end                    ${whole.toFixed(0)} ms`);
  print(`share of the answer's time before the first event     ${((100 * toFirstEvent) / whole).toFixed(0)} %`);
}

/** About as long as tokens are. */
function tokensOf(text: string): string[] {
  return text.match(/.{1,4}/gs) ?? [];
}

async function say(response: ServerResponse, content: string): Promise<void> {
  send(response, { content });
  await sleep(MS_PER_TOKEN);
}

function send(response: ServerResponse, delta: object, finish_reason: string | null = null): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
