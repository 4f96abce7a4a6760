import { PolicyRefusal } from './policy-refusal.ts';

/** Condition keys of a request and their values. A list is a multivalued key, whatever its length. */
export type ContextKeys = Readonly<Record<string, string | readonly string[]>>;

/**
 * The context of one request. Names of keys are not case-sensitive
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html).
 */
export class RequestContext {
  readonly #keys = new Map<string, string | readonly string[]>();

  /** Throws when two keys differ by case only: AWS warns of unexpected results without saying which. */
  constructor(keys: ContextKeys) {
    for (const [name, value] of Object.entries(keys)) {
      const key = name.toLowerCase();
      if (this.#keys.has(key)) throw new PolicyRefusal(`The request has the condition key ${name} twice, in different case.`);
      this.#keys.set(key, value);
    }
  }

  /** The values of a key, whose name is given in lower case; undefined where the request has no such key. */
  values(key: string): readonly string[] | undefined {
    const value = this.#keys.get(key);
    return typeof value === 'string' ? [value] : value;
  }

  /**
   * What a policy variable stands for; undefined where the key is absent, empty or multivalued
   * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value and
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
   */
  variable(key: string): string | undefined {
    const value = this.#keys.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
}
