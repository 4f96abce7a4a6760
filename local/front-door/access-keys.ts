import { randomBytes } from 'node:crypto';
import type { Principal } from '../platform/principal.ts';
import { State, type StoredMap } from '../platform/state.ts';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present for roles, whose credentials are temporary. */
  readonly sessionToken?: string;
  readonly principal: Principal;
}

/** Every principal's access key. A key stands for one principal, so a signature names its caller. */
export class AccessKeys {
  readonly #keys = new Map<string, AccessKey>();
  readonly #kept: StoredMap<AccessKey>;

  /** `kept` holds the keys of earlier runs: whoever had one is issued the same again, so that what it has signed stays good. */
  constructor(kept: StoredMap<AccessKey> = State.inMemory().map('access-keys')) {
    this.#kept = kept;
  }

  issue(principal: Principal): AccessKey {
    const kept = this.#kept.get(JSON.stringify(principal));
    const key = kept && !this.#keys.has(kept.accessKeyId) ? kept : this.#create(principal);
    this.#keys.set(key.accessKeyId, key);
    return key;
  }

  #create(principal: Principal): AccessKey {
    const temporary = principal.kind === 'role';
    // AWS's own prefixes: ASIA for temporary keys, AKIA for those of a user.
    const accessKeyId = `${temporary ? 'ASIA' : 'AKIA'}${randomBytes(8).toString('hex').toUpperCase()}`;
    const key: AccessKey = {
      accessKeyId,
      secretAccessKey: randomBytes(30).toString('base64'),
      ...(temporary && { sessionToken: randomBytes(48).toString('base64') }),
      principal,
    };
    this.#kept.set(JSON.stringify(principal), key);
    return key;
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Every key, in the order of issue. */
  issued(): AccessKey[] {
    return [...this.#keys.values()];
  }
}
