/** The emulated services' time. Real by default; a test or an operator may move it forward. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` of this clock's time, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest that a timer of Node waits; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The last moment that a date can stand for. */
const LAST_MOMENT_MS = 8.64e15;

interface Sleeper {
  readonly wakeAt: number;
  timer?: NodeJS.Timeout;
  readonly wake: () => void;
}

/** Runs with the machine's time, and can be advanced: sleepers whose time has then come wake at once. */
export class AdjustableClock implements Clock {
  #offsetMs: number;
  #frozenAt: number | undefined;
  readonly #sleepers = new Set<Sleeper>();
  readonly #onAdvance: (offsetMs: number) => void;
  readonly #followers: ((ms: number) => void)[] = [];

  /** Begins `offsetMs` ahead of the machine's time; `onAdvance` is told how far ahead it is each time that it is advanced. */
  constructor(offsetMs = 0, onAdvance: (offsetMs: number) => void = () => undefined) {
    this.#offsetMs = offsetMs;
    this.#onAdvance = onAdvance;
  }

  now(): number {
    return this.#frozenAt ?? Date.now() + this.#offsetMs;
  }

  /** Has `advanced` told by how much time is moved forward: for what reads the machine's time itself. */
  follow(advanced: (ms: number) => void): void {
    this.#followers.push(advanced);
  }

  /** From now on time stands still, but for `advance`: what a test says happens at one moment does, however busy the machine. */
  freeze(): void {
    this.#frozenAt = this.now();
    for (const { timer } of this.#sleepers) clearTimeout(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(sleeper.timer);
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { wakeAt: this.now() + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
      this.#setTimer(sleeper);
    });
  }

  /** Moves time forward by `ms`. Who should have woken earlier wakes earlier. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time can only be advanced, not by ${ms} ms`);
    if (!(this.now() + ms <= LAST_MOMENT_MS)) throw new RangeError(`time cannot be advanced by ${ms} ms: no date is that late`);
    if (this.#frozenAt === undefined) this.#offsetMs += ms;
    else this.#frozenAt += ms;
    const now = this.now();
    this.#onAdvance(now - Date.now());
    for (const advanced of this.#followers) advanced(ms);
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.wakeAt - b.wakeAt)) {
      if (sleeper.wakeAt <= now) sleeper.wake();
      else this.#setTimer(sleeper);
    }
  }

  #setTimer(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    if (this.#frozenAt !== undefined) return;
    const remainingMs = sleeper.wakeAt - this.now();
    sleeper.timer = setTimeout(
      () => (remainingMs > MAX_TIMER_MS ? this.#setTimer(sleeper) : sleeper.wake()),
      Math.min(remainingMs, MAX_TIMER_MS),
    );
  }
}
