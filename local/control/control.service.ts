import type { Fault, Faults } from '../front-door/faults.ts';
import { type AwsCall, AwsError } from '../platform/call.ts';
import type { AdjustableClock } from '../platform/clock.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import type { ResourceType, Service } from '../platform/service.ts';

/** What a test or a developer may bring about in a runtime, and AWS would not offer. */
export interface Controls {
  readonly faults: Faults;
  readonly clock: AdjustableClock;
  /** How long documents take on their way into the knowledge base. */
  readonly ingestion: {
    setTimes(times: Readonly<Record<string, number>>): void;
    /** Makes documents fail whose id matches; undefined ends it. */
    failDocuments(pattern: RegExp | undefined): void;
  };
}

/** The name in the signature's scope of calls to the runtime itself. */
export const CONTROL_SIGNING_NAME = 'manuel-local';

const FAULT_KINDS: readonly Fault['kind'][] = ['throttle', 'error', 'deny', 'slow', 'drop', 'malformed'];

/** Arms faults, moves time and delays indexing. For the operator only: no function may reach it. */
export class ControlService implements Service {
  readonly signingNames = [CONTROL_SIGNING_NAME];
  readonly resourceTypes: readonly ResourceType[] = [];
  readonly #protocol: JsonProtocol;

  constructor({ faults, clock, ingestion }: Controls) {
    this.#protocol = new JsonProtocol('The local runtime', '1.0', {
      ArmFault: async (fault: Fault) => {
        if (typeof fault.service !== 'string' || !FAULT_KINDS.includes(fault.kind)) {
          throw new AwsError('ValidationException', `A fault needs a service and a kind of ${FAULT_KINDS.join(', ')}.`);
        }
        faults.arm(fault);
        return {};
      },
      ClearFaults: async () => {
        faults.clear();
        return {};
      },
      AdvanceTime: async ({ ms }: { ms: number }) => {
        if (!(ms >= 0)) throw new AwsError('ValidationException', 'Time can only be advanced: "ms" must be a number, 0 or more.');
        clock.advance(ms);
        return { now: clock.now() };
      },
      SetIngestionTimes: async (times: Record<string, number>) => {
        ingestion.setTimes(times);
        return {};
      },
      FailDocuments: async ({ pattern }: { pattern?: string }) => {
        ingestion.failDocuments(pattern === undefined ? undefined : new RegExp(pattern));
        return {};
      },
    });
  }

  operationOf = (request: AwsCall): string => this.#protocol.operationOf(request);

  async handle(call: AwsCall, operation: string) {
    if (call.principal.kind !== 'operator') throw new AwsError('AccessDeniedException', 'Only the operator controls the runtime.', 403);
    return this.#protocol.handle(call, operation);
  }

  get renderError() {
    return this.#protocol.renderError;
  }
}
