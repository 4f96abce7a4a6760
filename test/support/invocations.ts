import type { Scheduler } from 'fast-check';

/** What befalls an invocation at its n-th call to the world: others go first, it fails before or after its work is done, or the process ends. */
export interface Trouble {
  readonly at: number;
  readonly kind: 'slow' | 'refused' | 'answer lost' | 'killed';
}

/** A call to the world, which waits for its turn among all others. */
export type Call = <Result>(name: string, effect: () => Result | Promise<Result>) => Promise<Result>;

/** How many turns a slow call lets pass: about as many as a whole deletion takes. */
const SLOW_TURNS = 40;

class TroubleError extends Error {
  override readonly name = 'TroubleError';
}

/** Invocations of functions that run at the same time: their calls to the world come in whatever order the scheduler chooses. */
export class Invocations {
  readonly #scheduler: Scheduler;
  /** Those of one invocation after the other. */
  readonly #troubles: (readonly Trouble[])[];
  readonly #check: () => void;
  /** Errors that no trouble explains. */
  readonly #failures: unknown[] = [];
  #running = 0;

  /** `check` throws when something is wrong with the world; it is asked after each call. */
  constructor(scheduler: Scheduler, troubles: readonly (readonly Trouble[])[], check: () => void) {
    this.#scheduler = scheduler;
    this.#troubles = [...troubles];
    this.#check = check;
  }

  /** Runs an invocation, and another when trouble made it fail, until one succeeds. */
  start(name: string, work: (call: Call) => Promise<void>, onEnd: () => void = () => undefined): void {
    this.#running += 1;
    const { promise: killed, resolve: kill } = Promise.withResolvers<'again'>();
    const call = this.#caller(name, this.#troubles.shift() ?? [], () => kill('again'));
    const outcome = work(call).then(
      () => 'done' as const,
      (error) => {
        if (error instanceof TroubleError) return 'again' as const;
        this.#failures.push(error);
        return 'done' as const;
      },
    );
    void Promise.race([outcome, killed]).then((ended) => {
      this.#running -= 1;
      onEnd();
      if (ended === 'again') this.start(name, work, onEnd);
    });
  }

  /** Something that happens in the world by itself, when its turn comes. */
  happens(name: string, effect: () => void): void {
    void this.#scheduler.schedule(Promise.resolve(), name).then(effect);
  }

  /** Waits for the end of everything. Throws what went wrong. */
  async settled(): Promise<void> {
    await this.#scheduler.waitIdle();
    for (const failure of this.#failures) throw failure;
    if (this.#running > 0) throw new Error(`${this.#running} invocations came to no end`);
  }

  #caller(name: string, troubles: readonly Trouble[], kill: () => void): Call {
    let calls = 0;
    let dead = false;
    return async (callName, effect) => {
      calls += 1;
      const kinds = new Set(troubles.filter(({ at }) => at === calls).map(({ kind }) => kind));
      for (let turn = kinds.has('slow') ? -SLOW_TURNS : 0; turn <= 0; turn += 1) {
        await this.#scheduler.schedule(Promise.resolve(), `${name}: ${callName}`);
      }
      if (kinds.has('killed')) {
        dead = true;
        kill();
      }
      if (dead) return new Promise(() => undefined);
      if (kinds.has('refused')) throw new TroubleError();
      const result = await effect();
      try {
        this.#check();
      } catch (error) {
        this.#failures.push(error);
      }
      if (kinds.has('answer lost')) throw new TroubleError();
      return result;
    };
  }
}
