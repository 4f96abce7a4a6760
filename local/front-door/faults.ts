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
   * then breaks the connection; `malformed` does the work and answers with a body that is not of the protocol.
   */
  readonly kind: 'throttle' | 'error' | 'deny' | 'slow' | 'drop' | 'malformed';
  readonly delayMs?: number;
  /** How many calls it strikes before it is spent; unlimited when absent. */
  readonly times?: number;
  /** Strikes only each n-th matching call; every one when absent. */
  readonly every?: number;
}

interface ArmedFault extends Fault {
  seen: number;
  struck: number;
}

/** The faults that are armed, and which of them strike a call. */
export class Faults {
  #armed: ArmedFault[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  arm(fault: Fault): void {
    this.#armed.push({ ...fault, seen: 0, struck: 0 });
  }

  clear(): void {
    this.#armed = [];
  }

  /** Applies what strikes before the work is done, and returns what shall happen to the answer. */
  async strike(service: string, operation: string): Promise<'answer' | 'drop' | 'malformed'> {
    const fault = this.#armed.find((candidate) => strikes(candidate, service, operation));
    if (!fault) return 'answer';
    switch (fault.kind) {
      case 'throttle':
        throw new AwsError('ThrottlingException', 'Rate exceeded (armed fault).', 429);
      case 'error':
        throw new AwsError('InternalServerException', 'Internal server error (armed fault).', 500);
      case 'deny':
        throw new AwsError('AccessDeniedException', 'Access denied (armed fault).', 403);
      case 'slow':
        await this.#clock.sleep(fault.delayMs ?? 1000);
        return 'answer';
      default:
        return fault.kind;
    }
  }
}

function strikes(fault: ArmedFault, service: string, operation: string): boolean {
  if (fault.service !== service || (fault.operation !== undefined && fault.operation !== operation)) return false;
  if (fault.times !== undefined && fault.struck >= fault.times) return false;
  fault.seen += 1;
  if (fault.seen % (fault.every ?? 1) !== 0) return false;
  fault.struck += 1;
  return true;
}
