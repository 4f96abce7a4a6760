import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeControl } from '../../local/control/runtime-control.ts';

const STEP_MS = 1000;
const STEPS_PER_SECOND = 10;
/**
 * The time of functions, which sign forms for 15 minutes, goes on as it does outside: forms of a runtime that is further ahead have expired
 * when they are posted. So a machine that makes tests wait for long gets no further than this, and they wait on as everybody does.
 */
const FURTHEST_AHEAD_MS = 8 * 60_000;

const ahead = new WeakMap<RuntimeControl, number>();

/** Waits while the runtime's time passes ten times as fast, and with it what waits in queues. */
export async function inHaste<Result>(control: RuntimeControl, awaited: Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const ended = awaited.finally(() => over.abort());
  while (!over.signal.aborted) {
    await Promise.race([ended, sleep(1000 / STEPS_PER_SECOND)]);
    const aheadMs = (ahead.get(control) ?? 0) + STEP_MS;
    if (over.signal.aborted || aheadMs > FURTHEST_AHEAD_MS) continue;
    ahead.set(control, aheadMs);
    await control.advanceTime(STEP_MS);
  }
  return ended;
}
