import { Problem } from '../shared/problem.ts';
import { nextUtcDay, secondsUntil, utcDay } from '../shared/utc-day.ts';
import type { SpendFlag } from './spend-flags.ts';

/** How old what an environment knows of the flag may become. */
const MAX_AGE_MS = 60_000;
/** A read that takes longer is given up, and tried again a minute later. */
const READ_TIMEOUT_MS = 1000;

export interface SpendGateOptions {
  /** Told when the flag could not be read. */
  readonly onUnread: (error: unknown) => void;
  /** Told of each refusal. */
  readonly onRefused: () => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Refuses costly work once the stage has spent its daily cap. An execution environment reads the flag at most once a minute, while it
 * works and not before it; so work that comes in between goes by what was read last. Where the flag cannot be read, work goes on by what
 * was known: the cap guards a budget, and a budget is no reason to turn everybody away when a table has a bad minute.
 *
 * What was admitted is carried through: a manual whose upload was granted is ingested even if the cap is reached meanwhile, since
 * its owner was told that it would be, and the quotas bound what that can cost.
 */
export class SpendGate {
  readonly #flags: { read(signal: AbortSignal): Promise<SpendFlag | undefined> };
  readonly #onUnread: (error: unknown) => void;
  readonly #onRefused: () => void;
  readonly #now: () => number;
  #flag: SpendFlag | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(
    flags: { read(signal: AbortSignal): Promise<SpendFlag | undefined> },
    { onUnread, onRefused, now = Date.now }: SpendGateOptions,
  ) {
    this.#flags = flags;
    this.#onUnread = onUnread;
    this.#onRefused = onRefused;
    this.#now = now;
  }

  /**
   * Does the work unless the cap is known to be reached. A reading that is due goes on beside it, and has ended when this returns: an
   * environment is frozen once it has answered. The work can `check` again, right before what costs.
   */
  async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    const reading = this.#readWhenDue();
    try {
      this.check();
      return await work();
    } finally {
      await reading;
    }
  }

  /** The same for work that passes on what it comes to, piece by piece. */
  async *guardEach<Piece, Result>(work: () => AsyncGenerator<Piece, Result>): AsyncGenerator<Piece, Result> {
    const reading = this.#readWhenDue();
    try {
      this.check();
      return yield* work();
    } finally {
      await reading;
    }
  }

  /** The same for work that may wait: in an environment that has never read the flag, that comes first. */
  async guardOnceRead<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#readAtMs === Number.NEGATIVE_INFINITY) await this.#readWhenDue();
    return this.guard(work);
  }

  /** Throws a 503 Problem when the cap is known to be reached. A flag of an earlier day does not count. */
  check(): void {
    const now = this.#now();
    if (!this.#flag?.reached || this.#flag.day < utcDay(now)) return;
    this.#onRefused();
    throw new Problem('spend_cap_reached', 'Manuel has done all that it may today. It goes on after midnight, UTC.', {
      retryAfterSeconds: secondsUntil(nextUtcDay(now), now),
    });
  }

  async #readWhenDue(): Promise<void> {
    if (!this.#reading && this.#now() - this.#readAtMs >= MAX_AGE_MS) {
      this.#readAtMs = this.#now();
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      this.#flag = await this.#flags.read(AbortSignal.timeout(READ_TIMEOUT_MS));
    } catch (error) {
      this.#onUnread(error);
    }
  }
}
