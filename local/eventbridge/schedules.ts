import type { Clock } from '../platform/clock.ts';
import type { PublishedEvent } from './event.ts';
import type { Rule } from './rule.ts';

/** Runs scheduled rules when the clock says so. */
export class Schedules {
  readonly #clock: Clock;
  readonly #run: (rule: Rule, event: PublishedEvent) => void;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<Promise<void>>();

  /** `run` is called once for each time that a rule is due. */
  constructor(clock: Clock, run: (rule: Rule, event: PublishedEvent) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Has a rule run from now on, if it is scheduled and enabled. */
  start(rule: Rule): void {
    if (!rule.schedule || !rule.enabled) return;
    const waiting = this.#keep(rule).finally(() => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#waiting);
  }

  /** When time is moved past several runs at once, only the last of them takes place. */
  async #keep(rule: Rule): Promise<void> {
    let next = rule.schedule?.next(this.#clock.now());
    while (next !== undefined) {
      await this.#clock.sleep(Math.max(0, next - this.#clock.now()), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      // A timer of the machine may fire a moment early.
      const now = Math.max(this.#clock.now(), next);
      let due = next;
      for (next = rule.schedule?.next(due); next !== undefined && next <= now; next = rule.schedule?.next(due)) due = next;
      this.#run(rule, scheduledEvent(rule, due));
    }
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent({ arn }: Rule, dueMs: number): PublishedEvent {
  return {
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    time: new Date(dueMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    resources: [arn],
    detail: {},
  };
}
