import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { Metadata, MetadataValue } from './metadata.ts';
import { invalid } from './request.ts';

export type MetadataPredicate = (metadata: Metadata) => boolean;

/** Makes a predicate of an operator's operand. Throws when the operand is not of the operator's form. */
type Operator = (operand: unknown, name: string) => MetadataPredicate;

const primitive = z.union([z.string(), z.number(), z.boolean()]);
const key = z.string().min(1).max(100);

/**
 * The operators of a retrieval filter as an S3 vector index evaluates them
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_RetrievalFilter.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html): comparisons take numbers
 * only, and `equals` on a list asks whether the list holds the value. By the first page, `notEquals` also matches
 * where the attribute is absent; every other operator needs the attribute.
 */
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['equals', comparison(primitive, (actual, wanted) => actual !== undefined && holds(actual, wanted))],
  ['notEquals', comparison(primitive, (actual, unwanted) => actual === undefined || !holds(actual, unwanted))],
  ['in', comparison(z.array(primitive).min(1), (actual, wanted) => actual !== undefined && wanted.some((one) => holds(actual, one)))],
  [
    'notIn',
    comparison(z.array(primitive).min(1), (actual, unwanted) => actual !== undefined && !unwanted.some((one) => holds(actual, one))),
  ],
  ['greaterThan', comparison(z.number(), (actual, bound) => typeof actual === 'number' && actual > bound)],
  ['greaterThanOrEquals', comparison(z.number(), (actual, bound) => typeof actual === 'number' && actual >= bound)],
  ['lessThan', comparison(z.number(), (actual, bound) => typeof actual === 'number' && actual < bound)],
  ['lessThanOrEquals', comparison(z.number(), (actual, bound) => typeof actual === 'number' && actual <= bound)],
  ['listContains', comparison(z.string(), (actual, wanted) => Array.isArray(actual) && actual.includes(wanted))],
  ['startsWith', unsupported],
  ['stringContains', unsupported],
  ['andAll', group((predicates) => (metadata) => predicates.every((matches) => matches(metadata)))],
  ['orAll', group((predicates) => (metadata) => predicates.some((matches) => matches(metadata)))],
]);

/**
 * Compiles a `RetrievalFilter`. An operator that is unknown, or that S3 Vectors does not support, is refused by name:
 * a filter that is ignored in part would let foreign passages through.
 */
export function compileFilter(filter: unknown): MetadataPredicate {
  const entries = typeof filter === 'object' && filter !== null && !Array.isArray(filter) ? Object.entries(filter) : [];
  const [entry, ...others] = entries;
  if (!entry || others.length > 0) {
    throw invalid(`A retrieval filter must have exactly one operator, not ${entries.length}: ${JSON.stringify(filter)}.`);
  }
  const [name, operand] = entry;
  const operator = OPERATORS.get(name);
  if (!operator) throw notEmulated(`the retrieval filter operator "${name}"`);
  return operator(operand, name);
}

function comparison<T>(value: z.ZodType<T>, matches: (actual: MetadataValue | undefined, operand: T) => boolean): Operator {
  const schema = z.strictObject({ key, value });
  return (operand, name) => {
    const attribute = schema.safeParse(operand);
    if (!attribute.success) {
      const [issue] = attribute.error.issues;
      throw invalid(`The operand of the filter operator ${name} is not valid at "${issue?.path.join('.')}": ${issue?.message}.`);
    }
    const { key: attributeKey, value: attributeValue } = attribute.data;
    return (metadata) => matches(metadata.get(attributeKey), attributeValue);
  };
}

function group(combine: (predicates: readonly MetadataPredicate[]) => MetadataPredicate): Operator {
  return (operand, name) => {
    if (!Array.isArray(operand) || operand.length < 2) throw invalid(`The filter operator ${name} must have at least 2 members.`);
    return combine(operand.map(compileFilter));
  };
}

function unsupported(_operand: unknown, name: string): never {
  throw invalid(`The filter operator ${name} is not supported by the vector store of this knowledge base (S3_VECTORS).`);
}

function holds(actual: MetadataValue, value: string | number | boolean): boolean {
  return Array.isArray(actual) ? actual.includes(value) : actual === value;
}
