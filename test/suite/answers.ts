import { PROBLEM_CONTENT_TYPE, type ProblemCode, problemType } from '../../lambdas/shared/problems.contract.ts';
import { SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { type Answer, problemOf } from './send.ts';

const HEADERS = Object.fromEntries(Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]));
/** What nobody outside may read: names, places and stacks of what is inside. */
const INTERNALS = /arn:aws|amazonaws|dynamodb|\bbedrock\b|\bs3:|lambda|node_modules|\/var\/task|Manuel-\w+-|\.[jt]s:\d+|\bat \w+ \(/i;

/** What every answer carries, whoever gave it. One check of each kind of answer is enough: where a header is missing, the others can still tell more. */
export function expectHeaders(answer: Answer): void {
  expect(answer.headers).toMatchObject({ ...HEADERS, 'x-request-id': expect.stringMatching(/./) });
}

/** A refusal as it is documented, with these members named where the request's body is wrong. */
export function expectProblem(answer: Answer, status: number, code: ProblemCode, pointers?: readonly string[]): void {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, PROBLEM_CONTENT_TYPE]);
  expect(problemOf(answer)).toMatchObject({
    type: problemType(code),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    code,
    request_id: answer.headers['x-request-id'],
    ...(pointers && { errors: pointers.map((pointer) => ({ pointer, detail: expect.stringMatching(/./) })) }),
  });
  expectNoInternals(answer);
}

export function expectNoInternals({ text }: Answer): void {
  expect(text).not.toMatch(INTERNALS);
}

/** One of these statuses, of what was sent to see. */
export function expectStatus(what: string, { status }: Pick<Answer, 'status'>, allowed: readonly number[]): void {
  expect({ what, status, isExpected: allowed.includes(status) }).toEqual({ what, status, isExpected: true });
}
