const DAY_MS = 24 * 60 * 60 * 1000;

/** The UTC day of a moment in digits, such as `20261120`: days sort as their digits do. */
export const utcDay = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');

/** The moment at which the UTC day of another began. */
export const startOfUtcDay = (atMs: number): number => Math.floor(atMs / DAY_MS) * DAY_MS;

/** The moment at which the next UTC day begins. */
export const nextUtcDay = (atMs: number): number => startOfUtcDay(atMs) + DAY_MS;

/** Whole seconds until a moment, as a `Retry-After` says them: at least one. */
export const secondsUntil = (momentMs: number, atMs: number): number => Math.max(1, Math.ceil((momentMs - atMs) / 1000));
