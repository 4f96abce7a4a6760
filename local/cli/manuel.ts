import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FILE_EXTENSIONS, fileTypeByName } from '../../lambdas/manuals/file-extensions.contract.ts';
import type { CitationDocument, QueryEvent } from '../../lambdas/query/query.contract.ts';
import type { OutboxMessage } from '../cognito/outbox.ts';
import { RuntimeControl } from '../control/runtime-control.ts';
import type { Grant } from '../iam/grants.ts';
import type { RuntimeFile } from '../runtime-file.ts';
import { confirmSignUp, signUp } from './accounts.ts';
import { print, readArguments, runCommand, stageDirectory, UsageError } from './command-line.ts';
import { ManuelClient } from './manuel-client.ts';
import { signIn } from './sign-in.ts';
import { transcribeRecording } from './transcribe-recording.ts';

const USAGE = `Usage: npm run -s manuel -- <command> [--as alice@example.com [--password …]] [--stage dev] [--directory .manuel/<stage>]
  sign-up <email> <password>
                     open an account; the code to confirm it with goes to the outbox
  confirm <email> <code>
                     confirm it
  outbox             list the mail that was sent, with its codes
  token              print an access token
  upload <file>      upload a manual and wait until it is ready
  import <address>   have a manual fetched from https://… and wait until it is ready
  ask <question>     ask a question, or with --audio <file> one that was recorded; with --stream the answer is printed as it comes
  transcribe <file>  print what is said in a recording; with --language de-DE in another language than the stage's own
  manuals            list the manuals
  delete <manual_id> delete a manual
  grants             list what the templates grant, and whether it was used since the start`;

/** `npm run manuel`: what an app does, from the command line, against a runtime that is running. */
await runCommand(async () => {
  const { values, positionals } = readArguments(
    {
      stage: { type: 'string', default: 'dev' },
      directory: { type: 'string' },
      as: { type: 'string' },
      password: { type: 'string' },
      stream: { type: 'boolean', default: false },
      audio: { type: 'string' },
      language: { type: 'string' },
    },
    USAGE,
  );
  const [command = '', ...words] = positionals;
  const runtime = await readRuntimeFile(values.directory ?? stageDirectory(values.stage));
  if (command === 'grants') return printGrants(await new RuntimeControl(runtime).grants());
  if (command === 'outbox') return printOutbox(await new RuntimeControl(runtime).outbox());
  if (command === 'sign-up') return signUp(runtime, ...twoOf(words, command));
  if (command === 'confirm') return confirmSignUp(runtime, ...twoOf(words, command));
  const user = userNamed(runtime, values.as, values.password);
  const token = await signIn({
    endpoint: runtime.aws_endpoint,
    userPoolId: runtime.user_pool_id,
    clientId: runtime.client_id,
    ...user,
  });
  const client = new ManuelClient(runtime.api_url, token);
  const argument = () => words.join(' ') || fail(`"${command}" needs an argument.\n${USAGE}`);
  switch (command) {
    case 'token':
      return print(token);
    case 'upload':
      return printJson(await client.untilReady(await client.upload(argument(), contentTypeOf(argument()))));
    case 'import': {
      const { manual_id } = await client.startImport(argument());
      return printJson(await client.untilReady(manual_id));
    }
    case 'ask': {
      const question = values.audio === undefined ? argument() : await questionIn(client, values.audio, values.language);
      return values.stream ? printAnswer(client.askInEvents(question)) : printJson(await client.ask(question));
    }
    case 'transcribe':
      return printJson(await transcribeRecording(client, argument(), values.language));
    case 'manuals':
      return printJson(await client.manuals());
    case 'delete':
      return printJson(await client.delete(argument()));
    default:
      throw new UsageError(command === '' ? USAGE : `There is no command "${command}".\n${USAGE}`);
  }
});

/** What is asked in a recording, which is printed, since it may have been misheard. */
async function questionIn(client: ManuelClient, file: string, language: string | undefined): Promise<string> {
  const { transcription } = await transcribeRecording(client, file, language);
  print(`You asked: ${transcription}`);
  return transcription;
}

function twoOf(words: readonly string[], command: string): [string, string] {
  const [first, second, ...more] = words;
  return first !== undefined && second !== undefined && more.length === 0
    ? [first, second]
    : fail(`"${command}" needs two arguments.\n${USAGE}`);
}

/** One of the demo users, or whoever's password is given. */
function userNamed({ users }: RuntimeFile, name = users[0]?.name ?? '', password?: string): { name: string; password: string } {
  if (password !== undefined) return { name, password };
  const known = users.find((user) => user.name === name);
  return (
    known ?? fail(`The password of ${name} is not known: give it with --password. Demo users: ${users.map((user) => user.name).join(', ')}`)
  );
}

async function readRuntimeFile(directory: string): Promise<RuntimeFile> {
  try {
    return JSON.parse(await readFile(path.join(directory, 'runtime.json'), 'utf8'));
  } catch {
    throw new UsageError(`No runtime is running in ${directory}. Start one with: npm start`);
  }
}

function contentTypeOf(file: string): string {
  const extensions = Object.values(FILE_EXTENSIONS).flat();
  return fileTypeByName(file) ?? fail(`The name of a manual ends in one of .${extensions.join(', .')}; "${file}" does not.`);
}

function printJson(document: object): void {
  print(JSON.stringify(document, null, 2));
}

/** The text as it comes, then whom it cites. */
async function printAnswer(answer: AsyncIterable<QueryEvent>): Promise<void> {
  const citations: CitationDocument[] = [];
  for await (const { event, data } of answer) {
    if (event === 'token') process.stdout.write(data.text);
    if (event === 'citation') citations.push(data);
  }
  print('\n');
  for (const [index, { filename, page, section }] of citations.entries()) {
    print(`[${index + 1}] ${filename}, ${page === null ? section : `page ${page}`}`);
  }
}

function printOutbox(messages: readonly OutboxMessage[]): void {
  for (const { sentAtMs, recipient, subject, body } of messages) {
    print(`${new Date(sentAtMs).toISOString()}  ${recipient}: ${subject}\n  ${body}\n`);
  }
  if (messages.length === 0) print('No mail was sent since the start.');
}

/** Unused ones first: they are what one looks for. */
function printGrants(grants: readonly Grant[]): void {
  const lines = grants.map(({ holder, action, resource, used }) => `${used ? 'used  ' : 'UNUSED'}  ${holder}: ${action} on ${resource}`);
  for (const line of lines.sort()) print(line);
}

function fail(message: string): never {
  throw new UsageError(message);
}
