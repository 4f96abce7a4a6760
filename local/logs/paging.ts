import { AwsError, notEmulated } from '../platform/call.ts';

/** Refuses, by name, input members that would change the answer and are not honoured. */
export function allowOnly(operation: string, input: object, members: readonly string[]): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !members.includes(name)) throw notEmulated(`the member ${name} of ${operation}`);
  }
}

/** One page of a list. The token is the position at which the next page begins. */
export function page<Item>(items: readonly Item[], token: string | undefined, limit: number): { items: Item[]; nextToken?: string } {
  const start = token === undefined ? 0 : positionOf(token);
  const end = start + limit;
  return { items: items.slice(start, end), ...(end < items.length && { nextToken: String(end) }) };
}

/** The number that a token stands for. */
export function positionOf(token: string): number {
  if (!/^\d+$/.test(token)) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return Number(token);
}
