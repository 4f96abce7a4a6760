import { decodeJwt } from 'jose';
import type { UserPool } from './user-pool.ts';
import type { UserPools } from './user-pools.ts';

/**
 * The pool that a public operation is meant for, by its client or by the token that it shows, whether or not that holds. A session
 * alone names none: it is taken to be of the pool that there is. Undefined where no pool is meant.
 */
export function addressedPool(pools: UserPools, body: Buffer): UserPool | undefined {
  const { ClientId, AccessToken } = membersOf(body);
  if (typeof ClientId === 'string') return pools.all.find(({ clients }) => clients.has(ClientId));
  if (typeof AccessToken === 'string') return pools.findByIssuer(issuerOf(AccessToken));
  return pools.all.length === 1 ? pools.all[0] : undefined;
}

function membersOf(body: Buffer): { readonly ClientId?: unknown; readonly AccessToken?: unknown } {
  try {
    return Object(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
