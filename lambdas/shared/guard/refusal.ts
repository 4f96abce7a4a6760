import { Problem, type ProblemOptions } from '../problem.ts';
import type { ProblemCode } from '../problems.contract.ts';
import type { RefusalKind } from './guard.contract.ts';

/** What the guard turns away. It is told as a security event when it is answered. */
export class Refusal extends Problem {
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(code, detail, options);
    this.kind = kind;
  }
}
