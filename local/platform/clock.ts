/** The emulated services' time. Real by default; a test or an operator may move it forward. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` of this clock's time, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** Runs with the machine's time, and can be advanced: sleepers whose time has then come wake at once. */
export class AdjustableClock implements Clock {
  #offsetMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      const sleeper: Sleeper = { wakeAt: this.now() + ms, wake: finish };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /** Moves time forward by `ms`. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time can only be advanced, not by ${ms} ms`);
    this.#offsetMs += ms;
    const now = this.now();
    for (const sleeper of [...this.#sleepers]) if (sleeper.wakeAt <= now) sleeper.wake();
  }
}
