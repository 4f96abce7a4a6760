import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { ExecutionEnvironment } from './execution-environment.ts';

/**
 * How many environments a function may have on a laptop, at 50 to 90 MB each. Further invocations wait for one; AWS would start
 * up to 1,000.
 */
const MAX_ENVIRONMENTS = 10;
/** How long an environment is kept without work. AWS does not promise a figure. */
const IDLE_MS = 10 * 60 * 1000;

interface Idle {
  readonly environment: ExecutionEnvironment;
  readonly taken: AbortController;
}

/** The execution environments of one function: started on demand, used again while warm, stopped after some idle minutes. */
export class EnvironmentPool {
  readonly #clock: Clock;
  readonly #start: () => ExecutionEnvironment;
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #idle: Idle[] = [];
  readonly #waiting: PromiseWithResolvers<ExecutionEnvironment>[] = [];
  #stopped = false;

  constructor(clock: Clock, start: () => ExecutionEnvironment) {
    this.#clock = clock;
    this.#start = start;
  }

  /** An idle environment, a new one that may still be initializing, or the next that becomes free: first come, first served. */
  async acquire(): Promise<ExecutionEnvironment> {
    if (this.#stopped) throw stopping();
    // The one used last, so that the others may be stopped.
    const idle = this.#idle.pop();
    if (idle) {
      idle.taken.abort();
      return idle.environment;
    }
    if (this.#all.size < MAX_ENVIRONMENTS) return this.#add();
    const turn = Promise.withResolvers<ExecutionEnvironment>();
    this.#waiting.push(turn);
    return turn.promise;
  }

  /** Gives back an environment that has finished its work. */
  release(environment: ExecutionEnvironment): void {
    if (!environment.alive) return;
    const next = this.#waiting.shift();
    if (next) {
      next.resolve(environment);
      return;
    }
    const taken = new AbortController();
    this.#idle.push({ environment, taken });
    void this.#clock.sleep(IDLE_MS, taken.signal).then(() => {
      if (taken.signal.aborted) return;
      // Nobody may take it while its process is ending.
      this.#unpark(environment);
      void environment.stop();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const turn of this.#waiting.splice(0)) turn.reject(stopping());
    await Promise.all([...this.#all].map((environment) => environment.stop()));
  }

  #add(): ExecutionEnvironment {
    const environment = this.#start();
    this.#all.add(environment);
    void environment.gone.then(() => this.#remove(environment));
    return environment;
  }

  #unpark(environment: ExecutionEnvironment): void {
    const position = this.#idle.findIndex((idle) => idle.environment === environment);
    for (const { taken } of position < 0 ? [] : this.#idle.splice(position, 1)) taken.abort();
  }

  #remove(environment: ExecutionEnvironment): void {
    this.#all.delete(environment);
    this.#unpark(environment);
    const next = this.#waiting.shift();
    if (next) next.resolve(this.#add());
  }
}

function stopping(): AwsError {
  return new AwsError('ServiceException', 'The local runtime is stopping.', 500, { Type: 'Service' });
}
