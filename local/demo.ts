import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadManualFixtures, type ManualFixture } from '../test/fixtures/fixtures.ts';
import { loadRecordings } from '../test/fixtures/recordings.ts';
import { print, readOptions, runCommand } from './cli/command-line.ts';
import { readEmbeddingsOptions } from './cli/embeddings-options.ts';
import { readLanguageModelOptions } from './cli/language-model-options.ts';
import { ManuelClient } from './cli/manuel-client.ts';
import { Progress } from './cli/progress.ts';
import { signIn } from './cli/sign-in.ts';
import { readSpeechOptions } from './cli/speech-options.ts';
import { transcribeRecording } from './cli/transcribe-recording.ts';
import { RuntimeControl } from './control/runtime-control.ts';
import { Runtime } from './runtime.ts';

/** How many of somebody else's questions each user asks. */
const FOREIGN_QUESTIONS = 2;
/** A recording of what the second manual answers. */
const SPOKEN_QUESTION = 'large-format-memory.wav';
/** What a model may take for some four words. */
const MS_PER_PART = 60;

interface Owner {
  readonly name: string;
  readonly client: ManuelClient;
  readonly manual: ManualFixture;
  readonly manualId: string;
}

/**
 * `npm run demo`: two users sign in, upload a manual each, and ask what their own manual answers and what only the
 * other's does; one answer comes in events, and one question is spoken where there is an engine for it. Fails when an answer is not the right one.
 */
await runCommand(async () => {
  const { stage } = readOptions({ stage: { type: 'string', default: 'dev' } }, 'Usage: npm run demo -- [--stage dev]');
  const directory = await mkdtemp(path.join(tmpdir(), 'manuel-demo-'));
  try {
    const progress = new Progress();
    const runtime = await Runtime.start({
      stage,
      port: 0,
      directory,
      embeddings: readEmbeddingsOptions(process.env),
      speech: readSpeechOptions(process.env),
      languageModel: readLanguageModelOptions(process.env),
      onStep: progress.begin,
      onReport: (line) => print(`! ${line}`),
    });
    try {
      progress.begin('two users upload a manual each');
      const owners = await Promise.all(loadManualFixtures().map((manual, index) => becomeOwner(runtime, index, manual)));
      progress.end();
      let wrong = 0;
      for (const owner of owners) wrong += await questionAndAnswer(owner, owners);
      wrong += await streamedAnswer(runtime, owners);
      wrong += await spokenQuestion(runtime, owners);
      print(`\n${wrong === 0 ? 'Every answer was right' : `${wrong} answers were wrong`}, ${progress.elapsed} in all.`);
      if (wrong > 0) process.exitCode = 1;
    } finally {
      await runtime.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

async function becomeOwner({ file }: Runtime, index: number, manual: ManualFixture): Promise<Owner> {
  const user = file.users[index];
  if (!user) throw new Error('there are more manuals than demo users');
  const token = await signIn({ endpoint: file.aws_endpoint, userPoolId: file.user_pool_id, clientId: file.client_id, ...user });
  const client = new ManuelClient(file.api_url, token);
  const manualId = await client.upload(manual.path, manual.contentType);
  await client.untilReady(manualId);
  return { name: user.name, client, manual, manualId };
}

/** Asks an owner's own questions and some of the others', prints the answers, and counts those that are wrong. */
async function questionAndAnswer(owner: Owner, owners: readonly Owner[]): Promise<number> {
  print(`\n${owner.name} owns ${path.basename(owner.manual.path)} (${owner.manual.pages} pages)`);
  let wrong = 0;
  for (const { question, pages } of owner.manual.questions) {
    const { answer, citations } = await owner.client.ask(question);
    const right = citations.some(({ manual_id, page }) => manual_id === owner.manualId && page !== null && pages.includes(page));
    const cited = citations.map(({ page }) => `p. ${page}`).join(', ') || 'nothing cited';
    printAnswer(right, question, answer, cited);
    if (!right) wrong += 1;
  }
  for (const other of owners.filter((candidate) => candidate !== owner)) {
    for (const { question } of other.manual.questions.slice(0, FOREIGN_QUESTIONS)) {
      const { answer, citations, context_used } = await owner.client.ask(question);
      const refused = citations.length === 0 && context_used === 0;
      printAnswer(refused, question, answer, refused ? 'nothing cited' : 'cited, though only the other manual answers this');
      if (!refused) wrong += 1;
    }
  }
  return wrong;
}

/** Asks a question whose answer comes in events, from a model that takes its time, and prints it as it comes; 1 when it is a wrong one. */
async function streamedAnswer({ file }: Runtime, [owner]: readonly Owner[]): Promise<number> {
  const [asked] = owner?.manual.questions ?? [];
  if (!owner || !asked) throw new Error('there is no question to ask');
  await new RuntimeControl(file).setAnswerPace(MS_PER_PART);
  print(`\nThe same, as the model writes it\n  ${asked.question}`);
  const pages: (number | null)[] = [];
  process.stdout.write('      ');
  for await (const { event, data } of owner.client.askInEvents(asked.question)) {
    if (event === 'token') process.stdout.write(data.text);
    if (event === 'citation') pages.push(data.page);
  }
  const right = pages.some((page) => page !== null && asked.pages.includes(page));
  print(`\n      (${right ? '✔' : '✘'} ${pages.map((page) => `p. ${page}`).join(', ') || 'nothing cited'})`);
  return right ? 0 : 1;
}

/**
 * Asks what is said in a recording, and prints what was heard; 1 when that was every word, and the answer is a wrong one. An engine
 * that mishears is no fault of ours, and a machine without one skips it.
 */
async function spokenQuestion({ file }: Runtime, owners: readonly Owner[]): Promise<number> {
  if (!file.speech_engine) {
    print('\nvoice skipped: no speech engine');
    return 0;
  }
  const recording = loadRecordings().find((one) => one.file === SPOKEN_QUESTION);
  const owner = owners.find(({ manual }) => manual.name === recording?.manual);
  if (!recording || !owner) throw new Error(`nobody can be asked ${SPOKEN_QUESTION}`);
  print(`\nSpoken, and heard by ${file.speech_engine}`);
  const { transcription } = await transcribeRecording(owner.client, recording.path);
  const { answer, citations } = await owner.client.ask(transcription);
  const right = citations.some(({ manual_id }) => manual_id === owner.manualId);
  printAnswer(right, transcription, answer, citations.map(({ page }) => `p. ${page}`).join(', ') || 'nothing cited');
  return right || transcription !== recording.said ? 0 : 1;
}

function printAnswer(right: boolean, question: string, answer: string, cited: string): void {
  print(`  ${right ? '✔' : '✘'} ${question}\n      ${answer}\n      (${cited})`);
}
