import type { ValidateFunction } from 'ajv';
import draft04 from 'ajv-draft-04';
import { notEmulated } from '../platform/call.ts';
import { validationErrorString } from './validation-error-string.ts';

/** Node loads the CommonJS package as a namespace whose `default` is the class. */
const Ajv = draft04.default;

/** A template's `AWS::ApiGateway::Model`: a JSON schema, draft 4. */
export class RequestModel {
  readonly name: string;
  readonly #validate: ValidateFunction;

  /** Throws when the schema uses what is not served here, so that nothing is silently let through. */
  constructor(name: string, schema: object) {
    this.name = name;
    try {
      const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, strictTypes: false, strictTuples: false, logger: false });
      this.#validate = ajv.compile(schema);
    } catch (error) {
      throw notEmulated(`the schema of model ${name} (${error instanceof Error ? error.message : error})`);
    }
  }

  /**
   * What is wrong with the body in API Gateway's words, or undefined when it fits. An empty body counts as `{}`. Of a body
   * that is not JSON the wording is ours: AWS does not document its own.
   */
  findFault(body: string): string | undefined {
    let document: unknown;
    try {
      document = JSON.parse(body === '' ? '{}' : body);
    } catch {
      return '[Invalid JSON]';
    }
    return this.#validate(document) ? undefined : validationErrorString(this.#validate.errors ?? []);
  }
}
