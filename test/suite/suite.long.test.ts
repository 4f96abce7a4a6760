import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { transcriptsOfRecordings } from '../fixtures/recordings.ts';
import { type Edit, startChanged } from '../support/changed-sources.ts';
import { type StartedRuntime, startRuntime } from '../support/runtime.ts';
import { newUser } from '../support/users.ts';
import { reaching, runSuites, signedInAs } from './command.ts';
import { plannedQuestions, SUITES } from './plan.ts';

/** What the suites must notice from outside, by the row that is to say so. */
const FAULTS: readonly [row: RegExp, edit: Edit][] = [
  [
    /^smoke: security headers +FAIL .*x-frame-options/m,
    { file: 'lambdas/shared/response-headers.ts', find: "  'X-Frame-Options': 'DENY',\n", replace: '' },
  ],
  [
    /^auth: a session is renewed by a refresh token, which is replaced +FAIL/m,
    { file: 'lib/stacks/cognito.stack.ts', find: '      refreshTokenRotationGracePeriod: ROTATION_GRACE,\n', replace: '' },
  ],
  [
    /^api: refused with a 404: a manual and a transcription that never were +FAIL .*arn:aws/m,
    { file: 'lambdas/manuals/manuals.ts', find: 'You have no manual of this id.', replace: 'arn:aws:dynamodb:::table/manuals has none.' },
  ],
  [
    /^security: a page of an unknown origin may not act for who is signed in +FAIL/m,
    {
      file: 'lambdas/shared/response-headers.ts',
      find: "if (allowedOrigins === '*') return {",
      replace: "if (allowedOrigins === '*') return { 'Access-Control-Allow-Credentials': 'true',",
    },
  ],
  [
    /^e2e: a question is answered from it, and its page is cited +FAIL/m,
    { file: 'lambdas/query/citations.ts', find: 'page: passage.page,', replace: 'page: null,' },
  ],
];

const LONG_MS = 600_000;

describe('a runtime that is reached as a deployed stage is', () => {
  let runtime: StartedRuntime;

  beforeAll(async () => {
    runtime = await startRuntime();
    await new RuntimeControl(runtime.file).setTranscripts(transcriptsOfRecordings());
  });

  afterAll(async () => {
    expect(await runtime.stop()).toBe(0);
  });

  const twoUsers = () => Promise.all([newUser(runtime.file), newUser(runtime.file)]);

  test.each(SUITES)(
    '%s passes, asks no more than it says, and leaves nothing behind',
    async (suite) => {
      const users = await twoUsers();
      const { words, environment } = signedInAs(users);
      const load = { calls: 5, questions: 2, parallel: 2 };
      const counts = Object.entries(load).flatMap(([name, count]) => [`--${name}`, String(count)]);
      const { code, output, errors } = await runSuites(
        [suite, ...reaching(runtime.file), ...words, ...(suite === 'performance' ? counts : []), '--ask'],
        environment,
      );
      expect({ code, errors, output }).toEqual({ code: 0, errors: '', output: expect.stringMatching(/^\d+ passed, 0 failed/m) });
      // What would disturb the stage for others is left out, and nothing else is.
      expect(output.match(/not run: (?!needs a local runtime of its own).*/g)).toBeNull();
      const most = plannedQuestions(suite, { ask: true, load });
      for (const { client } of users) {
        expect((await client.usage()).daily_used).toBeLessThanOrEqual(most);
        expect((await client.manuals()).manuals.filter(({ status }) => status !== 'deleting')).toEqual([]);
      }
    },
    LONG_MS,
  );

  test('without a user what needs one is not run, and who ran nothing has shown nothing', async () => {
    const anonymous = await runSuites(['smoke', '--url', runtime.file.api_url]);
    expect(anonymous).toMatchObject({ code: 0, output: expect.stringContaining('3 passed, 0 failed, 3 not run') });
    expect(anonymous.output).toMatch(/^smoke: sign-in +- +not run: needs a user \(--email/m);
    const nobody = await runSuites(['e2e', '--url', runtime.file.api_url]);
    expect(nobody).toMatchObject({ code: 1, output: expect.stringContaining('0 passed, 0 failed, 5 not run') });
  });

  test('without a second user isolation is not run', async () => {
    const { name, password } = await newUser(runtime.file);
    const { code, output } = await runSuites(['security', ...reaching(runtime.file), '--email', name], { MANUEL_PASSWORD: password });
    expect(code).toBe(0);
    expect(output.match(/^security: what is hers .* not run: needs a second user/gm)).toHaveLength(7);
  });

  test('a wrong password is a row that fails, and stands nowhere', async () => {
    const { name } = await newUser(runtime.file);
    const password = 'Wrong-Engine-1843';
    const { code, output } = await runSuites(['smoke', ...reaching(runtime.file), '--email', name], { MANUEL_PASSWORD: password });
    expect(code).toBe(1);
    expect(output).toMatch(/^smoke: sign-in +FAIL .*Incorrect username or password\.$/m);
    expect(output).not.toContain(password);
  });

  test('what asks more than its user has left is not run', async () => {
    const { client, name, password } = await newUser(runtime.file);
    await Promise.all(Array.from({ length: 47 }, () => client.ask('How?')));
    const { code, output } = await runSuites(['e2e', ...reaching(runtime.file), '--email', name], { MANUEL_PASSWORD: password });
    expect([code, output]).toEqual([0, expect.stringContaining('1 passed, 0 failed, 4 not run')]);
    expect(output).toContain('not run: needs more questions than its users have left');
  });
});

test(
  'a runtime with faults fails, by the rows that they break, and what was uploaded goes all the same',
  async () => {
    const runtime = await startChanged(FAULTS.map(([, edit]) => edit));
    try {
      const users = await Promise.all([newUser(runtime.file), newUser(runtime.file)]);
      const { words, environment } = signedInAs(users);
      const { code, output } = await runSuites(
        ['smoke', 'auth', 'api', 'security', 'e2e', ...reaching(runtime.file), ...words],
        environment,
      );
      expect(code).toBe(1);
      for (const [row] of FAULTS) expect(output).toMatch(row);
      // A header that is missing is missing everywhere.
      expect(output).toMatch(/^api: headers of every kind of answer: the gateway’s, of no token +FAIL .*x-frame-options/m);
      for (const { client } of users) {
        expect((await client.manuals()).manuals.filter(({ status }) => status !== 'deleting')).toEqual([]);
      }
    } finally {
      await runtime.stop();
    }
  },
  LONG_MS,
);
