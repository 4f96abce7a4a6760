import { randomBytes } from 'node:crypto';
import type { Principal } from '../platform/principal.ts';

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

  issue(principal: Principal): AccessKey {
    const temporary = principal.kind === 'role';
    // AWS's own prefixes: ASIA for temporary keys, AKIA for those of a user.
    const accessKeyId = `${temporary ? 'ASIA' : 'AKIA'}${randomBytes(8).toString('hex').toUpperCase()}`;
    const key: AccessKey = {
      accessKeyId,
      secretAccessKey: randomBytes(30).toString('base64'),
      ...(temporary && { sessionToken: randomBytes(48).toString('base64') }),
      principal,
    };
    this.#keys.set(accessKeyId, key);
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
