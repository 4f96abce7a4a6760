import * as z from 'zod/mini';
import { apiEnvironment, positiveInteger, text } from '../function.contract.ts';

/** How many polls and reads a limit of requests allows for each of them: product.md, section 2, "polls and reads 5 times that". */
export const READS_PER_REQUEST = 5;

/** What the guard refuses, each by the `Kind` of the security event that tells of it. */
export const REFUSAL_KINDS = ['allowlist', 'body_size', 'content_type', 'rate_user', 'rate_ip'] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

/** What the guard needs; `Api.serve` provides it, together with the permission, to every function with a route that wants a token. */
const guardEnvironment = {
  /** The table of usage, under a name of the guard's own: not every function that it stands before meters. */
  RATE_TABLE: text(),
  /** Ranges of addresses in CIDR notation, separated by commas; empty where any address may call. */
  IP_ALLOWLIST: z.pipe(
    z.string(),
    z.transform((ranges: string) => (ranges === '' ? [] : ranges.split(','))),
  ),
  MAX_BODY_BYTES: positiveInteger(),
  USER_REQUESTS_PER_MINUTE: positiveInteger(),
  IP_REQUESTS_PER_MINUTE: positiveInteger(),
} as const;

/** What a function behind the API has whose routes want a token. */
export const guardedApiEnvironment = { ...apiEnvironment, ...guardEnvironment } as const;
