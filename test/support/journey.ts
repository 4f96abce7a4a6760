import { setTimeout as sleep } from 'node:timers/promises';
import { test as base } from 'vitest';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { OperatorView } from './operator-view.ts';
import { type StartedRuntime, startRuntime } from './runtime.ts';
import { noteSharedRuntime } from './shared-runtimes.ts';

const STOP_WITHIN_MS = 30_000;

/** The runtime of a worker's journeys, which stops when the worker has no more files. */
export interface SharedRuntime extends Omit<StartedRuntime, 'stop'> {
  /** The only one of this runtime: it is by this that haste knows how far time is ahead. */
  readonly control: RuntimeControl;
  readonly operator: OperatorView;
}

/**
 * The test function of journeys that need no runtime of their own: those in a worker share one of the unchanged stage, whichever file
 * comes first. So everybody in them is new; what is armed or set is undone, and a deleted queue made again; of logs, tables and buckets
 * they look at what they themselves have brought about; and all of them together advance time by less than a form is valid.
 */
// biome-ignore lint/correctness/noEmptyPattern: in this pattern Vitest looks for what a fixture needs.
export const test = base.extend('runtime', { scope: 'worker' }, async ({}, { onCleanup }): Promise<SharedRuntime> => {
  const { stop, ...runtime } = await startRuntime();
  const noteEnd = noteSharedRuntime();
  const operator = new OperatorView(runtime.file);
  onCleanup(async () => {
    operator[Symbol.dispose]();
    const code = await Promise.race([stop(), sleep(STOP_WITHIN_MS, 'not in time', { ref: false })]);
    if (code === 'not in time') runtime.process.kill('SIGKILL');
    noteEnd(code, runtime.output());
  });
  return { ...runtime, control: new RuntimeControl(runtime.file), operator };
});
