import { print } from './command-line.ts';

/** Prints each step once it is done, with the time that it took. */
export class Progress {
  readonly #startedAt = performance.now();
  #step: { readonly name: string; readonly startedAt: number } | undefined;

  /** Ends the step before and begins this one. */
  readonly begin = (name: string): void => {
    this.end();
    this.#step = { name, startedAt: performance.now() };
  };

  end(): void {
    if (this.#step) print(`  ${this.#step.name.padEnd(32)} ${seconds(performance.now() - this.#step.startedAt)}`);
    this.#step = undefined;
  }

  /** The time since the first step began, such as `4.2 s`. */
  get elapsed(): string {
    return seconds(performance.now() - this.#startedAt);
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
