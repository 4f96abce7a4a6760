import type { ProblemCode } from '../../lambdas/shared/problems.contract.ts';

export const UNKNOWN_MANUAL = '01900000-0000-7000-8000-000000000000';
const A_QUESTION = '{"question": "How do I descale the kettle?"}';
/** More than the 6 MB that Lambda takes, and less than the 10 MB of which API Gateway lets us word the refusal. */
const TOO_MUCH = 8_000_000;

/** A request to the API, but for its path. */
export interface Sent {
  readonly method?: string;
  readonly signedIn?: true;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const question = (body: string, headers: Record<string, string> = {}): Sent => ({ method: 'POST', signedIn: true, body, headers });

/** One of each kind of answer that a client can bring about, by who gives it. */
export const ANSWERS: readonly [kind: string, path: string, sent: Sent, status: number, code: ProblemCode | undefined][] = [
  ['a function’s, without a token', '/health', {}, 200, undefined],
  ['a function’s', '/api/manuals', { signedIn: true }, 200, undefined],
  ['a stream’s, in events', '/api/query', question(A_QUESTION, { Accept: 'text/event-stream' }), 200, undefined],
  ['a stream’s, in one piece', '/api/query', question(A_QUESTION), 200, undefined],
  ['a function’s refusal', `/api/manuals/${UNKNOWN_MANUAL}`, { signedIn: true }, 404, 'not_found'],
  ['a stream’s refusal', '/api/query', question('{"question": ""}'), 400, 'invalid_request'],
  ['the gateway’s, of no token', '/api/manuals', {}, 401, 'unauthorized'],
  ['the gateway’s, of another token', '/api/manuals', { headers: { Authorization: 'Bearer x.y.z' } }, 401, 'unauthorized'],
  ['the gateway’s, of no route', '/api/nothing', {}, 404, 'not_found'],
  ['the gateway’s, of no route with a token', '/api/nothing', { signedIn: true }, 404, 'not_found'],
  ['the gateway’s, of what is on the way to a route', '/api', {}, 404, 'not_found'],
  ['the gateway’s, of a method that a route does not have', '/api/query', { method: 'PUT', signedIn: true }, 404, 'not_found'],
  ['the gateway’s, of a body that is no JSON', '/api/query', question('{'), 400, 'malformed_body'],
  ['the gateway’s, of a body of another form', '/api/query', question('{"question": 7}'), 400, 'malformed_body'],
  [
    'the gateway’s, of more than Lambda takes',
    '/api/query',
    question('x'.repeat(TOO_MUCH), { 'Content-Type': 'text/plain' }),
    413,
    'too_large',
  ],
  ['a preflight’s', '/api/query', { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST' } }, 204, undefined],
  ['a preflight’s, of no route', '/api/nothing', { method: 'OPTIONS' }, 404, 'not_found'],
  ['a preflight’s, of what is on the way to a route', '/api/user', { method: 'OPTIONS' }, 404, 'not_found'],
  ['a preflight’s, of another type', '/', { method: 'OPTIONS', headers: { 'Content-Type': 'text/plain' } }, 415, 'unsupported_type'],
];
