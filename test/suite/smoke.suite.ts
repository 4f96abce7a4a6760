import { SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { check, note } from './check.ts';
import { person } from './people.ts';
import { problemOf, send } from './send.ts';

/** Whether a stage that was just deployed is alive. It changes nothing there, and asks at most one question, if that is allowed. */
const USAGE = {
  daily_used: expect.any(Number),
  daily_limit: expect.any(Number),
  monthly_used: expect.any(Number),
  monthly_limit: expect.any(Number),
};

check('health and version', [], async () => {
  const health = await send({ target: '/health' });
  const { status, version } = JSON.parse(health.text);
  expect([health.status, status, version]).toEqual([200, 'ok', expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  const root = await send({ target: '/' });
  expect([root.status, JSON.parse(root.text)]).toEqual([200, expect.objectContaining({ name: 'Manuel', version })]);
  note(`version ${version}`);
});

check('security headers', [], async () => {
  const { headers } = await send({ target: '/health' });
  const expected = Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]);
  expect(headers).toMatchObject({ ...Object.fromEntries(expected), 'x-request-id': expect.any(String) });
});

check('nobody is let in without a token', [], async () => {
  for (const path of ['/api/user/usage', '/api/manuals']) {
    const answer = await send({ target: path });
    expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 401, 'application/problem+json']);
    expect(problemOf(answer)).toMatchObject({ code: 'unauthorized', request_id: answer.headers['x-request-id'] });
  }
});

check('sign-in', ['user'], async () => {
  await person();
});

check('usage', ['user'], async () => {
  const { client } = await person();
  const usage = await client.usage();
  expect(usage).toEqual(USAGE);
  note(`${usage.daily_used} of ${usage.daily_limit} units used today`);
});

check('a question', ['user', 'leave to ask', 'questions'], async () => {
  const { client } = await person();
  const answer = await client.ask('How do I descale the kettle?');
  expect(answer).toMatchObject({ answer: expect.stringMatching(/./), context_used: expect.any(Number), usage: USAGE });
  note(answer.model_id);
});
