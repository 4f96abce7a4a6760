/** How long calls took, in milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Each the smallest time that so many percent of the calls took at most (nearest rank). There must be at least one. */
export function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const rank = (percent: number): number => {
    const time = sorted[Math.max(Math.ceil((percent / 100) * sorted.length), 1) - 1];
    if (time === undefined) throw new Error('nothing was measured');
    return time;
  };
  return { p50: rank(50), p95: rank(95), p99: rank(99) };
}

/** Such as `p50 12 ms, p95 30 ms, p99 41 ms (p95 is 2.5 × p50; 30 calls)`. */
export function describeSpread(times: readonly number[]): string {
  const { p50, p95, p99 } = spreadOf(times);
  const ms = (time: number) => `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`;
  return `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)} (p95 is ${(p95 / p50).toFixed(1)} × p50; ${times.length} calls)`;
}

/** How many seconds what was refused for its number was waited for, and how often. */
export class Waits {
  #count = 0;
  #seconds = 0;

  add(seconds: number): void {
    this.#count += 1;
    this.#seconds += seconds;
  }

  /** Empty where nothing was refused. */
  toString(): string {
    return this.#count === 0 ? '' : `; ${this.#count} refused for their number, and waited ${this.#seconds} s for, which is not counted`;
  }
}
