import type { Principal } from '../platform/principal.ts';

/** How often somebody has called an operation. */
export interface CallCount {
  /** A function's name, or what kind of caller it was. */
  readonly caller: string;
  /** As a signature's scope names it. */
  readonly service: string;
  readonly operation: string;
  readonly count: number;
}

/** Counts the calls that were let in: what a request costs in calls is part of its design, and measured by this. */
export class CallCounts {
  readonly #counts = new Map<string, CallCount>();

  note(principal: Principal, service: string, operation: string): void {
    const caller = principal.kind === 'role' ? principal.sessionName : principal.kind;
    const key = JSON.stringify([caller, service, operation]);
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { caller, service, operation, count });
  }

  list(): readonly CallCount[] {
    return [...this.#counts.values()];
  }
}
