import * as z from 'zod';
import { AwsError, notEmulated } from '../platform/call.ts';

/**
 * Reads an operation's input. A member that the schema does not know is refused by name, since ignoring it might change
 * what the caller gets; a value that breaks a constraint is refused with AWS's ValidationException.
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, operation: string): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const unknownMember = result.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknownMember) throw notEmulated(`the member ${[...unknownMember.path, unknownMember.keys[0]].join('.')} of ${operation}`);
  const complaints = result.error.issues.map(
    (issue) => `Value at '${issue.path.join('.')}' failed to satisfy constraint: ${explain(issue)}`,
  );
  throw invalid(`${complaints.length} validation error${complaints.length > 1 ? 's' : ''} detected: ${complaints.join('; ')}`);
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

/** What a resource of the template must name and how AWS bounds it: `[0-9a-zA-Z]{10}`. */
export const resourceIdSchema = z.string().regex(/^[0-9a-zA-Z]{10}$/);

/** In the words of AWS's own validators. */
function explain(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return `Member must have ${measureOf(issue.origin)} less than or equal to ${issue.maximum}`;
    case 'too_small':
      return `Member must have ${measureOf(issue.origin)} greater than or equal to ${issue.minimum}`;
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.join(', ')}]`;
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${issue.pattern ?? issue.format}`;
    case 'invalid_type':
      return issue.input === undefined ? 'Member must not be null' : `Member must be of type ${issue.expected}`;
    default:
      return issue.message;
  }
}

function measureOf(origin: string): 'value' | 'length' {
  return origin === 'number' || origin === 'int' ? 'value' : 'length';
}
