import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { Problem } from './problem.ts';
import type { FieldError } from './problems.contract.ts';

z.config(en());

const MAX_ERRORS = 20;
const MAX_ECHO_CHARACTERS = 200;

/** Parses a JSON body and validates it. Throws a 400 Problem that names every field that is wrong. */
export function parseBody<Schema extends z.ZodMiniType>(schema: Schema, body: string | null): z.output<Schema> {
  return validate(schema, parseJson(body ?? ''));
}

/** Validates parameters or a parsed body against a schema. Throws a 400 Problem that names every field that is wrong. */
export function validate<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(issuesOf).flatMap(toFieldErrors).slice(0, MAX_ERRORS);
  throw new Problem('invalid_request', errors.map(({ pointer, detail }) => `${pointer || 'body'}: ${detail}`).join('; '), { errors });
}

/** Of a value that has none of several forms, the errors are those of the one that it comes closest to, by its members. */
function issuesOf(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const unknownMembers = (issues: readonly z.core.$ZodIssue[]) =>
    issues.flatMap((each) => (each.code === 'unrecognized_keys' ? each.keys : [])).length;
  const [closest = []] = issue.errors.toSorted((one, other) => unknownMembers(one) - unknownMembers(other));
  return closest.flatMap(issuesOf).map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

/** One error per field; each unknown member is a field of its own. What the client sent is echoed only so far. */
function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: toPointer(issue.path), detail: cut(issue.message) }];
  return issue.keys.map((key) => ({ pointer: cut(toPointer([...issue.path, key])), detail: 'is not a known member' }));
}

const cut = (text: string): string => (text.length > MAX_ECHO_CHARACTERS ? `${text.slice(0, MAX_ECHO_CHARACTERS)}…` : text);

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
