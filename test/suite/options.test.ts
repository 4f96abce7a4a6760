import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSuiteOptions } from './options.ts';

const POOL = 'eu-west-1_AbCdEfGhI';
const STAGE = ['--url', 'https://api.example/v1/', '--user-pool', POOL, '--client', 'app'];
const PASSWORDS = { MANUEL_PASSWORD: 'one', MANUEL_OTHER_PASSWORD: 'two' };
const USERS = [
  { name: 'ada@example.com', password: 'one' },
  { name: 'bob@example.com', password: 'two' },
];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-options-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const read = (words: readonly string[], environment: Record<string, string> = PASSWORDS) =>
  readSuiteOptions(['smoke', ...words], environment);

/** What a deployment of these stacks leaves. */
function outputs(stacks: unknown): string {
  const file = path.join(directory, 'outputs.json');
  writeFileSync(file, JSON.stringify(stacks));
  return file;
}

const STACKS = {
  'Manuel-dev-cognito': { UserPoolId: POOL, UserPoolClientId: 'app', ExportsOutputRefUserPool: POOL },
  'Manuel-dev-api': { ApiUrl: 'https://api.example/v1/', ApiEndpoint4F160690: 'https://api.example/v1/' },
};

test('without options a runtime is started; a folder names one that runs', () => {
  const load = { calls: 30, questions: 3, parallel: 3 };
  expect(read([], {})).toEqual({ suites: ['smoke'], ask: false, load });
  expect(read(['--directory', '.manuel/dev'])).toEqual({ suites: ['smoke'], ask: false, load, directory: '.manuel/dev' });
});

test('a stage is named by its address, by what its deployment has left, or by both, of which the address counts', () => {
  const reached = { url: 'https://api.example/v1', userPool: { userPoolId: POOL, clientId: 'app', region: 'eu-west-1' }, users: [] };
  expect(read(STAGE)).toMatchObject({ reached });
  expect(read(['--outputs', outputs(STACKS)])).toMatchObject({ reached });
  expect(read(['--outputs', outputs(STACKS), '--url', 'https://other.example'])).toMatchObject({
    reached: { ...reached, url: 'https://other.example' },
  });
  expect(read(['--url', 'https://api.example'])).toMatchObject({ reached: { url: 'https://api.example', users: [] } });
});

test('users come with their passwords from the environment', () => {
  expect(read([...STAGE, '--email', 'ada@example.com', '--other-email', 'bob@example.com'])).toMatchObject({ reached: { users: USERS } });
});

test('the region is the pool’s, unless it is named; the endpoint AWS’s, unless it is', () => {
  expect(read([...STAGE, '--region', 'eu-north-1'])).toMatchObject({ reached: { userPool: { region: 'eu-north-1' } } });
  const endpoint = 'http://127.0.0.1:4566';
  for (const [words, environment] of [
    [['--cognito-endpoint', endpoint], {}],
    [[], { AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoint }],
  ] as const) {
    expect(read([...STAGE, ...words], environment)).toMatchObject({ reached: { userPool: { endpoint } } });
  }
});

test.each<[what: string, words: readonly string[], sentence: string | RegExp]>([
  ['an unknown option', ['--wat'], /^Unknown option '--wat'/],
  ['a password as an option', [...STAGE, '--password', 'x'], /^Unknown option '--password'/],
  ['another suite', ['soak'], 'There is no suite "soak"; there are smoke, auth, api, security, e2e, performance.'],
  ['a user without a stage', ['--email', 'ada@example.com'], '--email belongs to a stage: name it with --url or --outputs.'],
  [
    'a stage and a runtime',
    ['--url', 'https://api.example', '--directory', 'x'],
    '--directory names a runtime on this machine, --url and --outputs name another stage: choose one.',
  ],
  ['an address without TLS', ['--url', 'http://api.example'], '--url must begin with https://, and is "http://api.example".'],
  ['no address', ['--url', 'api.example'], '--url must begin with https://, and is "api.example".'],
  [
    'a user and nowhere to sign in',
    ['--url', 'https://api.example', '--email', 'ada@example.com'],
    '--email needs to know where to sign in: --user-pool and --client, or --outputs.',
  ],
  ['a pool without a client', ['--url', 'https://api.example', '--user-pool', POOL], '--user-pool and --client go together.'],
  [
    'no pool',
    ['--url', 'https://api.example', '--user-pool', 'x', '--client', 'app'],
    '--user-pool is no id of a user pool: "x". It looks like eu-west-1_AbCdEfGhI.',
  ],
  ['a second user alone', [...STAGE, '--other-email', 'bob@example.com'], '--other-email is the second user: name the first with --email.'],
  [
    'the same user twice',
    [...STAGE, '--email', 'ada@example.com', '--other-email', 'ada@example.com'],
    '--other-email must be somebody else than --email.',
  ],
  ['too many calls', ['--calls', '201'], '--calls is a number from 1 to 200, and not "201".'],
  ['no questions', ['--questions', '0'], '--questions is a number from 1 to 20, and not "0".'],
  ['half a user', ['--parallel', '0.5'], '--parallel is a number from 1 to 20, and not "0.5".'],
  ['no file', ['--outputs', '/nowhere.json'], /^--outputs cannot be read: ENOENT/],
])('%s is a mistake that is told in one sentence', (_what, words, sentence) => {
  expect(() => read(words)).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(sentence) }));
  expect(() => read(words)).toThrow(/^[^\n]+$/);
});

test('so is a user whose password is missing', () => {
  const words = [...STAGE, '--email', 'ada@example.com', '--other-email', 'bob@example.com'];
  expect(() => read(words, {})).toThrow('--email needs a password: give it in the environment as MANUEL_PASSWORD.');
  expect(() => read(words, { MANUEL_PASSWORD: 'x' })).toThrow(
    '--other-email needs a password: give it in the environment as MANUEL_OTHER_PASSWORD.',
  );
  expect(() => readSuiteOptions([], {})).toThrow('Name at least one suite');
});

test.each<[what: string, stacks: unknown, sentence: RegExp]>([
  ['of no deployment', {}, /has no output ApiUrl: is it what "cdk deploy --all --outputs-file" has written\?$/],
  ['of two stages', { ...STACKS, 'Manuel-prod-api': { ApiUrl: 'https://other.example' } }, /has 2 outputs ApiUrl/],
  ['that hold something else', 7, /is no JSON object\.$/],
])('outputs %s are a mistake', (_what, stacks, sentence) => {
  expect(() => read(['--outputs', outputs(stacks)])).toThrow(sentence);
});
