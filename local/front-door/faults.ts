import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';

/** What may go wrong on purpose with a call to an emulated service. */
export interface Fault {
  /** The signing name, such as `dynamodb`. */
  readonly service: string;
  /** The API operation, such as `UpdateItem`; every one when absent. */
  readonly operation?: string;
  /**
   * `throttle`, `error` and `deny` refuse without doing anything; `slow` waits `delayMs` first; `drop` does the work and
   * then breaks the connection; `malformed` does the work and answers with a body that is not of the protocol. A call
   * that the service itself refuses, and so does no work, is refused as ever.
   */
  readonly kind: 'throttle' | 'error' | 'deny' | 'slow' | 'drop' | 'malformed';
  /** Of the service's time; a second when absent. */
  readonly delayMs?: number;
  /** How many calls it strikes before it is spent; unlimited when absent. */
  readonly times?: number;
  /** Strikes only each n-th matching call; every one when absent. */
  readonly every?: number;
}

/** What becomes of an answer once the work is done. */
export type AnswerFate = 'answer' | 'drop' | 'malformed';

interface ArmedFault extends Fault {
  seen: number;
  struck: number;
}

type RefusingKind = 'throttle' | 'error' | 'deny';
type Refusal = readonly [code: string, status: number];

const USUAL_REFUSALS: Readonly<Record<RefusingKind, Refusal>> = {
  throttle: ['ThrottlingException', 429],
  error: ['InternalServerException', 500],
  deny: ['AccessDeniedException', 403],
};

/** Where a service's model has other errors for it, or another status. */
const REFUSALS: Readonly<Record<string, Partial<Record<RefusingKind, Refusal>>>> = {
  'cognito-idp': {
    throttle: ['TooManyRequestsException', 400],
    error: ['InternalErrorException', 500],
    deny: ['AccessDeniedException', 400],
  },
  dynamodb: { throttle: ['ThrottlingException', 400], error: ['InternalServerError', 500], deny: ['AccessDeniedException', 400] },
  lambda: { throttle: ['TooManyRequestsException', 429], error: ['ServiceException', 500] },
  logs: { throttle: ['ThrottlingException', 400], error: ['ServiceUnavailableException', 500], deny: ['AccessDeniedException', 400] },
  s3: { throttle: ['SlowDown', 503], error: ['InternalError', 500], deny: ['AccessDenied', 403] },
  sqs: { throttle: ['RequestThrottled', 403], error: ['InternalError', 500] },
};

/** The faults that are armed, and which of them strikes a call. */
export class Faults {
  readonly #clock: Clock;
  readonly #services = new Set<string>();
  #armed: ArmedFault[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets faults be armed for these signing names. */
  allow(signingNames: readonly string[]): void {
    for (const name of signingNames) this.#services.add(name);
  }

  /** Throws when the service is none that is served, since the fault would never strike. */
  arm(fault: Fault): void {
    if (!this.#services.has(fault.service)) {
      const served = [...this.#services].sort().join(', ');
      throw new RangeError(`no service has the signing name "${fault.service}"; there are ${served}`);
    }
    this.#armed.push({ ...fault, seen: 0, struck: 0 });
  }

  clear(): void {
    this.#armed = [];
  }

  /**
   * Applies what strikes before the work is done, and returns what shall happen to the answer. Of several faults that
   * are due the one that was armed first strikes.
   */
  async strike(service: string, operation: string): Promise<AnswerFate> {
    const due = this.#armed.filter((fault) => matches(fault, service, operation) && isDue(fault));
    const [fault] = due;
    if (!fault) return 'answer';
    fault.struck += 1;
    switch (fault.kind) {
      case 'throttle':
        throw refusalOf(service, fault.kind, 'Rate exceeded (armed fault).');
      case 'error':
        throw refusalOf(service, fault.kind, 'Internal server error (armed fault).');
      case 'deny':
        throw refusalOf(service, fault.kind, 'Access denied (armed fault).');
      case 'slow':
        await this.#clock.sleep(fault.delayMs ?? 1000);
        return 'answer';
      default:
        return fault.kind;
    }
  }
}

function matches(fault: Fault, service: string, operation: string): boolean {
  return fault.service === service && (fault.operation === undefined || fault.operation === operation);
}

/** Counts the call, and says whether it is one that the fault strikes. */
function isDue(fault: ArmedFault): boolean {
  fault.seen += 1;
  return fault.seen % (fault.every ?? 1) === 0 && fault.struck < (fault.times ?? Number.POSITIVE_INFINITY);
}

function refusalOf(service: string, kind: RefusingKind, message: string): AwsError {
  const [code, status] = REFUSALS[service]?.[kind] ?? USUAL_REFUSALS[kind];
  return new AwsError(code, message, status);
}
