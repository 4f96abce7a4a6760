const DAY_MS = 24 * 60 * 60 * 1000;

/** The day of a moment, such as `2026-11-20`; days compare as their texts do. */
export const utcDay = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** When the day of a moment began and when it ends, in milliseconds since the epoch. */
export function boundsOfDay(atMs: number): { readonly startMs: number; readonly endMs: number } {
  const startMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  return { startMs, endMs: startMs + DAY_MS };
}
