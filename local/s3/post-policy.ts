import type { PostForm } from './post-form.ts';
import { S3Error } from './s3-error.ts';

/** Fields that a policy need not mention: they carry it, or are declared to be nobody's business. */
const UNCONDITIONED_FIELDS = new Set(['policy', 'x-amz-signature', 'file']);
const IGNORED_PREFIX = 'x-ignore-';

type Condition =
  | { readonly operator: 'eq' | 'starts-with'; readonly field: string; readonly value: string }
  | { readonly operator: 'content-length-range'; readonly minBytes: number; readonly maxBytes: number };

interface PostPolicy {
  readonly expiresAtMs: number;
  readonly conditions: readonly Condition[];
}

/**
 * Holds a form against the policy that was signed for it
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html). Throws as S3 does when the policy
 * has expired, a condition fails, or a field is there that no condition mentions.
 */
export function checkPostPolicy(form: PostForm, bucketName: string, nowMs: number): void {
  const policy = parsePolicy(form.fields.get('policy') ?? '');
  if (nowMs >= policy.expiresAtMs) throw denied('Policy expired.');
  // The bucket is a field too, though it is the URL that names it.
  if ((form.fields.get('bucket') ?? bucketName) !== bucketName) throw denied('Policy Condition failed: the bucket is not that of the URL');
  const fields = new Map([...form.fields, ['bucket', bucketName]]);
  const mentioned = new Set(UNCONDITIONED_FIELDS);
  for (const condition of policy.conditions) {
    if (condition.operator === 'content-length-range') {
      checkSize(form.file.length, condition.minBytes, condition.maxBytes);
      continue;
    }
    mentioned.add(condition.field);
    if (!holds(condition.operator, condition.field, fields.get(condition.field) ?? '', condition.value)) {
      throw denied(`Policy Condition failed: ["${condition.operator}", "$${condition.field}", "${condition.value}"]`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !mentioned.has(name) && !name.startsWith(IGNORED_PREFIX));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
}

function holds(operator: 'eq' | 'starts-with', field: string, value: string, expected: string): boolean {
  if (operator === 'eq') return value === expected;
  // Only of this field does S3 read a list, each member of which must meet the condition.
  const values = field === 'content-type' ? value.split(',').map((member) => member.trim()) : [value];
  return values.every((member) => member.startsWith(expected));
}

function checkSize(sizeBytes: number, minBytes: number, maxBytes: number): void {
  if (sizeBytes < minBytes) {
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
      ProposedSize: sizeBytes,
      MinSizeAllowed: minBytes,
    });
  }
  if (sizeBytes > maxBytes) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
      ProposedSize: sizeBytes,
      MaxSizeAllowed: maxBytes,
    });
  }
}

function parsePolicy(base64: string): PostPolicy {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw invalidPolicy('Invalid JSON.');
  }
  if (typeof document !== 'object' || document === null) throw invalidPolicy('Invalid JSON.');
  const { expiration, conditions, ...others } = document as Record<string, unknown>;
  const [unexpected] = Object.keys(others);
  if (unexpected !== undefined) throw invalidPolicy(`Unexpected: '${unexpected}'.`);
  if (expiration === undefined) throw invalidPolicy('Policy missing expiration.');
  if (conditions === undefined) throw invalidPolicy('Policy missing conditions.');
  const expiresAtMs = typeof expiration === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(expiration) ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(expiresAtMs)) throw invalidPolicy(`Invalid 'expiration' value: '${String(expiration)}'`);
  if (!Array.isArray(conditions)) throw invalidPolicy("Invalid 'conditions' value: must be a List.");
  return { expiresAtMs, conditions: conditions.flatMap(parseCondition) };
}

function parseCondition(condition: unknown): Condition[] {
  if (Array.isArray(condition)) return [parseListCondition(condition)];
  if (typeof condition !== 'object' || condition === null) throw invalidCondition(condition);
  return Object.entries(condition).map(([field, value]) => {
    if (typeof value !== 'string') throw invalidCondition(condition);
    return { operator: 'eq', field: field.toLowerCase(), value };
  });
}

function parseListCondition(condition: readonly unknown[]): Condition {
  const [name, first, second, ...rest] = condition;
  const operator = typeof name === 'string' ? name.toLowerCase() : '';
  if (rest.length > 0) throw invalidCondition(condition);
  if (operator === 'content-length-range') {
    const [minBytes, maxBytes] = [byteCount(first), byteCount(second)];
    if (minBytes === undefined || maxBytes === undefined) throw invalidCondition(condition);
    return { operator, minBytes, maxBytes };
  }
  if (operator !== 'eq' && operator !== 'starts-with') throw invalidCondition(condition);
  if (typeof first !== 'string' || !first.startsWith('$') || typeof second !== 'string') throw invalidCondition(condition);
  return { operator, field: first.slice(1).toLowerCase(), value: second };
}

/** Policies write sizes as numbers or as text. */
function byteCount(value: unknown): number | undefined {
  const text = String(value);
  return (typeof value === 'number' || typeof value === 'string') && /^\d+$/.test(text) ? Number(text) : undefined;
}

function denied(reason: string): S3Error {
  return new S3Error('AccessDenied', `Invalid according to Policy: ${reason}`, 403);
}

function invalidPolicy(reason: string): S3Error {
  return new S3Error('InvalidPolicyDocument', `Invalid Policy: ${reason}`, 400);
}

function invalidCondition(condition: unknown): S3Error {
  return invalidPolicy(`Invalid condition: ${JSON.stringify(condition)}`);
}
