import { Problem } from './problem.ts';

declare const verified: unique symbol;

/**
 * The user on whose behalf something is done. It comes from a verified token or from what the backend itself wrote
 * (a record, an object's key, a message), never from what a client sends: there is no other way to make one.
 */
export interface Caller {
  readonly userId: string;
  readonly [verified]: true;
}

/** API Gateway passes every claim as text. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The caller of a request, from the claims that the authorizer verified. The authorizer knows the pool but not the
 * client, so the client and the token's use are checked here. Throws a 401 Problem.
 */
export function callerFromClaims(claims: Claims | undefined, clientId: string): Caller {
  const sub = claims?.['sub'];
  if (typeof sub !== 'string' || sub === '' || claims?.['token_use'] !== 'access' || claims['client_id'] !== clientId) {
    throw new Problem('unauthorized', 'The access token was not issued to this application. Sign in and try again.');
  }
  return asCaller(sub);
}

/** The owner that the backend wrote with something, for work that runs without a request. */
export function ownerOf(record: { readonly user_id: string }): Caller {
  if (record.user_id === '') throw new Error('a record without an owner has no caller');
  return asCaller(record.user_id);
}

function asCaller(userId: string): Caller {
  return { userId } as Caller;
}
