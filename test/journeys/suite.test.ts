import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runSuites } from '../suite/command.ts';
import type { Report } from '../suite/results.ts';
import { test } from '../support/journey.ts';
import { newUser } from '../support/users.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-suite-test-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

test('a stage is checked by what its deployment has left, as one of its users', async ({ runtime }) => {
  const { api_url, user_pool_id, client_id, aws_endpoint } = runtime.file;
  const [outputs, json, html] = ['outputs.json', 'report.json', 'report.html'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    outputs,
    JSON.stringify({ api: { ApiUrl: `${api_url}/` }, cognito: { UserPoolId: user_pool_id, UserPoolClientId: client_id } }),
  );
  const { client, name, password } = await newUser(runtime.file);
  const environment = { MANUEL_PASSWORD: password, AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: aws_endpoint };
  const words = ['--outputs', outputs, '--email', name, '--ask', '--json', json, '--html', html];
  const { code, output, errors } = await runSuites(['smoke', ...words], environment);
  expect({ code, errors, output }).toEqual({ code: 0, errors: '', output: expect.stringContaining('6 passed, 0 failed, 0 not run') });
  expect(output).toMatch(/^It asks at most 1 questions as each user: about \$0\.\d+ by claude-haiku-5-5, /m);
  const report: Report = JSON.parse(readFileSync(json, 'utf8'));
  expect(report).toMatchObject({ url: api_url, rows: { length: 6 } });
  expect(readFileSync(html, 'utf8')).toContain('6 passed, 0 failed, 0 not run');
  await expect(client.usage()).resolves.toMatchObject({ daily_used: 1 });
});

test('a mistake in the options is one sentence and 2, a stage that is not there one sentence and 1', async () => {
  const [mistaken, unreachable, notRunning] = await Promise.all([
    runSuites(['smoke', '--url', 'http://api.example']),
    runSuites(['smoke', '--url', 'http://127.0.0.1:1']),
    runSuites(['smoke', '--directory', directory]),
  ]);
  expect(mistaken).toEqual({ code: 2, output: '', errors: '--url must begin with https://, and is "http://api.example".\n' });
  expect(unreachable).toEqual({
    code: 1,
    output: '',
    errors: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 cannot be reached: [^\n]+\.\n$/),
  });
  expect(notRunning).toEqual({ code: 2, output: '', errors: `No runtime is running in ${directory}: start one with npm start.\n` });
});
