import { resourceNotFound } from './refusals.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';

/** Every user pool of the account. */
export class UserPools {
  readonly #pools = new Map<string, UserPool>();

  get all(): readonly UserPool[] {
    return [...this.#pools.values()];
  }

  add(pool: UserPool): void {
    this.#pools.set(pool.id, pool);
  }

  find(id: string): UserPool | undefined {
    return this.#pools.get(id);
  }

  findByArn(arn: string): UserPool | undefined {
    return this.all.find((pool) => pool.arn === arn);
  }

  findByIssuer(issuer: string | undefined): UserPool | undefined {
    return this.all.find((pool) => pool.issuer === issuer);
  }

  /** Throws ResourceNotFoundException when there is none of that id. */
  get(id: string): UserPool {
    const pool = this.#pools.get(id);
    if (!pool) throw resourceNotFound(`User pool ${id} does not exist.`);
    return pool;
  }

  /** The client of that id and its pool. Throws ResourceNotFoundException when there is none. */
  getByClient(clientId: string): { pool: UserPool; client: UserPoolClient } {
    for (const pool of this.#pools.values()) {
      const client = pool.clients.get(clientId);
      if (client) return { pool, client };
    }
    throw resourceNotFound(`User pool client ${clientId} does not exist.`);
  }
}
