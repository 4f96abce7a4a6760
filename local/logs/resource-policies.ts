import * as z from 'zod';
import type { ResourceIdentity } from '../platform/service.ts';

const VERSION = '2012-10-17';

const properties = z.strictObject({ PolicyName: z.string().min(1), PolicyDocument: z.string() });
const document = z.strictObject({ Version: z.literal(VERSION), Statement: z.array(z.record(z.string(), z.unknown())) });

/**
 * The policies by which services may write to log groups. They belong to the account and not to a group, each names its groups
 * itself, and all of them apply: to whoever decides they are one document.
 */
export class ResourcePolicies {
  readonly #statements: object[] = [];
  #whole: object | undefined;

  /** Adds an `AWS::Logs::ResourcePolicy`. Throws what is wrong with it. */
  put(given: Readonly<Record<string, unknown>>): ResourceIdentity {
    const { PolicyName, PolicyDocument } = properties.parse(given);
    this.#statements.push(...document.parse(JSON.parse(PolicyDocument)).Statement);
    this.#whole = { Version: VERSION, Statement: [...this.#statements] };
    return { ref: PolicyName };
  }

  /** The same object until another policy comes; undefined where there is none. */
  get whole(): object | undefined {
    return this.#whole;
  }
}
