import { z } from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { JsonOperation } from '../platform/json-protocol.ts';
import { invalidParameter } from './refusals.ts';

export type Operations = Readonly<Record<string, JsonOperation>>;

/** `ClientMetadata` and `ValidationData` reach Lambda triggers only, which are not run here. */
export const triggerData = z.unknown().optional();
/** `UserContextData` and `AnalyticsMetadata` feed threat protection and Pinpoint, neither of which alters an answer. */
export const telemetry = z.unknown().optional();
export const attributeList = z.array(z.strictObject({ Name: z.string(), Value: z.string().default('') })).default([]);

/**
 * An operation that reads its input by `schema`: members that are not in it are refused by name, never ignored. A null
 * member is an absent one, as in all of AWS's JSON.
 */
export function operation<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  run: (input: z.output<Schema>) => Promise<object>,
): JsonOperation {
  return async (document: object | null) => {
    const input = Object.fromEntries(Object.entries(document ?? {}).filter(([, value]) => value !== null));
    const parsed = schema.safeParse(input);
    if (parsed.success) return run(parsed.data);
    const [issue] = parsed.error.issues;
    throw issue?.code === 'unrecognized_keys'
      ? notEmulated(`${name} with ${[...issue.path, ...issue.keys].join('.')}`)
      : invalidParameter(`1 validation error detected: ${describe(issue, input)}`);
  };
}

/** Reads a flow's or challenge's parameters: all of `required`, and no others but those that `isOptional` knows. */
export function readParameters<Required extends string>(
  what: string,
  given: Readonly<Record<string, string>>,
  required: readonly Required[],
  isOptional: (name: string) => boolean = () => false,
): Readonly<Record<string, string> & Record<Required, string>> {
  for (const name of required) if (!given[name]) throw invalidParameter(`Missing required parameter ${name}`);
  const unknown = Object.keys(given).find((name) => !required.some((known) => known === name) && !isOptional(name));
  if (unknown) throw notEmulated(`${what} with ${unknown}`);
  return given as Record<string, string> & Record<Required, string>;
}

function describe(issue: z.core.$ZodIssue | undefined, input: unknown): string {
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const name = path.map(String).join('.');
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  return value === undefined || value === null
    ? `Value null at '${member}' failed to satisfy constraint: Member must not be null`
    : `Value at '${member}' failed to satisfy constraint: ${issue?.message ?? 'it is not valid'}`;
}
