import { invalidParameter } from './refusals.ts';

/** One page of a list, from the token that the page before gave. */
export function page<Item>(all: readonly Item[], limit: number, token: string | undefined): { items: Item[]; next: string | undefined } {
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw invalidParameter('Invalid pagination token.');
  const end = start + limit;
  return { items: all.slice(start, end), next: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined };
}

/** The member that carries the next page's token, if there is a next page. */
export function nextPage(member: 'PaginationToken' | 'NextToken', token: string | undefined): object {
  return token === undefined ? {} : { [member]: token };
}
