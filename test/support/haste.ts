import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';

const STEP_MS = 1000;
const STEPS_PER_SECOND = 10;

/** Waits while the runtime's time passes ten times as fast, and with it what waits in queues. */
export async function inHaste<Result>(control: RuntimeControl, awaited: Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const ended = awaited.finally(() => over.abort());
  while (!over.signal.aborted) {
    await Promise.race([ended, sleep(1000 / STEPS_PER_SECOND)]);
    if (!over.signal.aborted) await control.advanceTime(STEP_MS);
  }
  return ended;
}
