import { appendFileSync } from 'node:fs';
import { type Need, unmetNeed } from './needs.ts';
import { readTarget } from './target.ts';

/** What this run is about. */
export const target = readTarget();

/** Longer than any answer takes that has to wait for the next minute first. */
const TIMEOUT_MS = 300_000;

/** A row of the report: a test, or, where the target lacks what it needs, the reason why it was not run. */
export function check(name: string, needs: readonly Need[], body: () => Promise<void>, timeoutMs = TIMEOUT_MS): void {
  const lacking = unmetNeed(target, needs);
  if (lacking === undefined) test(name, body, timeoutMs);
  else describe(name, () => test.todo(`needs ${lacking}`));
}

/** Has the row of the running check say more than that it passed. */
export function note(detail: string): void {
  const { currentTestName } = expect.getState();
  appendFileSync(target.notesFile, `${JSON.stringify({ test: currentTestName, detail })}\n`);
}
