import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { Problem } from './problem.ts';
import type { FieldError } from './problems.contract.ts';

z.config(en());

/** Parses a JSON body and validates it. Throws a 400 Problem that names every field that is wrong. */
export function parseBody<Schema extends z.ZodMiniType>(schema: Schema, body: string | null): z.output<Schema> {
  return validate(schema, parseJson(body ?? ''));
}

/** Validates parameters or a parsed body against a schema. Throws a 400 Problem that names every field that is wrong. */
export function validate<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue): FieldError => ({ pointer: toPointer(issue.path), detail: issue.message }));
  throw new Problem('invalid_request', errors.map(({ pointer, detail }) => `${pointer || 'body'}: ${detail}`).join('; '), { errors });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Problem('malformed_body', 'The body is not valid JSON.');
  }
}

/** A JSON pointer, RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
