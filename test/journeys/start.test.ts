import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT, runStart, type StartedRuntime, startRuntimeOf } from '../support/runtime.ts';

let directory: string;
/** What the first runtime was started from. */
let assembly: string;
let runtime: StartedRuntime;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-start-'));
  runtime = await startRuntimeOf(PROJECT, directory, { notesGrants: true });
  assembly = mkdtempSync(path.join(tmpdir(), 'manuel-assembly-'));
  cpSync(path.join(directory, 'cdk.out'), assembly, { recursive: true });
});

afterAll(() => {
  // Where the test that stops it did not run.
  runtime.process.kill('SIGKILL');
  for (const folder of [directory, assembly]) rmSync(folder, { recursive: true, force: true });
});

test('says what it does, where it is and who can sign in', () => {
  const { api_url, aws_endpoint, users } = runtime.file;
  for (const part of ['synthesize the templates', api_url, aws_endpoint, 'npm run -s manuel -- upload', 'Speech         ', 'Ctrl-C']) {
    expect(runtime.output()).toContain(part);
  }
  for (const { name, password } of users) expect(runtime.output()).toContain(`${name}   ${password}`);
});

test('leaves what another program needs in a file for its owner’s eyes only', () => {
  const file = path.join(directory, 'runtime.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(runtime.file).toMatchObject({
    pid: runtime.process.pid,
    stage: 'dev',
    region: 'eu-west-1',
    user_pool_id: expect.stringMatching(/^eu-west-1_/),
    operator: { access_key_id: expect.stringMatching(/^AKIA/), secret_access_key: expect.any(String) },
  });
  const paths = runtime.file.functions.map((fn) => fn.path).sort();
  expect(paths).toEqual(
    ['Deletion', 'Function', 'Import', 'Ingestion', 'Readiness']
      .map((name) => `Manuel-dev/api/Manuals/${name}`)
      .concat(['Query', 'Spend', 'Status'].map((name) => `Manuel-dev/api/${name}/Function`))
      .concat(['Completion', 'Function', 'Recording'].map((name) => `Manuel-dev/api/Transcribe/${name}`))
      .concat(['Manuel-dev/api/Usage/Function', 'Manuel-dev/storage/EmptyBucket/Function']),
  );
  expect(new Set(runtime.file.functions.map((fn) => fn.access_key.access_key_id)).size).toBe(paths.length);
});

test('a second start in the same place is refused with a sentence', async () => {
  const { code, output } = await runStart(['--port', '0', '--directory', directory]);
  expect(code).toBe(1);
  expect(output).toContain(`Stage "dev" is running already, as process ${runtime.process.pid}. Stop it first: kill ${runtime.process.pid}`);
  expect(output).not.toContain('    at ');
});

test('a taken port is refused with a sentence, and leaves nothing behind', async () => {
  const taken = http.createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'manuel-taken-'));
  const { code, output } = await runStart(['--port', String(port), '--directory', elsewhere, '--assembly', assembly]);
  taken.close();
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} is taken. Choose another with --port, or 0 for any that is free.`);
  expect(readdirSync(elsewhere)).toEqual([]);
  rmSync(elsewhere, { recursive: true });
});

test.each([
  [['--stage', 'nope'], 'There is no stage "nope". Stages: dev, staging, prod, preview, and'],
  [['--stage', 'account'], 'There is nothing to run in "account": its templates have no API.'],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--assembly', 'lib'], `${path.join(PROJECT, 'lib')} is no assembly`],
])(
  '%j is refused with a sentence',
  async (options, sentence) => {
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'manuel-refused-'));
    const { code, output } = await runStart([...options, '--directory', elsewhere]);
    rmSync(elsewhere, { recursive: true });
    expect(code).toBe(1);
    expect(output).toContain(sentence);
    expect(output).not.toContain('    at ');
  },
  30_000,
);

test('Ctrl-C ends it with everything that it started, and leaves nothing behind but the state', async () => {
  await fetch(`${runtime.file.api_url}/health`);
  expect(await runtime.stop()).toBe(0);
  expect(readdirSync(directory)).toEqual(['state']);
  await expect(fetch(`${runtime.file.api_url}/health`)).rejects.toThrow();
});

test('an assembly that is given is run in place of one that is synthesized, and is left as it is; after it was killed it runs again', async () => {
  const before = contentsOf(assembly);
  const killed = await startRuntimeOf(PROJECT, directory, { assembly });
  expect(killed.output()).not.toContain('synthesize');
  expect(readdirSync(directory).sort()).toEqual(['lock', 'runtime.json', 'state']);
  expect((await fetch(`${killed.file.api_url}/health`)).status).toBe(200);
  killed.process.kill('SIGKILL');
  await new Promise((resolve) => killed.process.once('close', resolve));
  const again = await startRuntimeOf(PROJECT, directory, { assembly });
  expect((await fetch(`${again.file.api_url}/health`)).status).toBe(200);
  expect(await again.stop()).toBe(0);
  expect(contentsOf(assembly)).toEqual(before);
});

/** Every file of a folder with what is in it. */
function contentsOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ parentPath, name }) => path.join(parentPath, name));
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, 'utf8')]));
}
