import * as z from 'zod';
import type { IngestionTimes } from '../bedrock/ingestion-settings.ts';
import type { MetricIdentity } from '../cloudwatch/metric-store.ts';
import type { OutboxMessage } from '../cognito/outbox.ts';
import type { CallCount } from '../front-door/call-counts.ts';
import type { Faults } from '../front-door/faults.ts';
import { INCONCLUSIVE, type InconclusiveResult } from '../guardduty/scan-result.ts';
import type { Grant } from '../iam/grants.ts';
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
    setTimes(times: Partial<IngestionTimes>): void;
    /** Makes documents fail whose id matches; undefined ends it. */
    failDocuments(pattern: RegExp | undefined): void;
  };
  readonly retrieval: {
    /** Makes passages whose document's id matches come back whatever the filter says; undefined ends it. */
    leakPassages(pattern: RegExp | undefined): void;
  };
  readonly answers: {
    /** How long each part of an answer takes, of some four words. */
    setPace(msPerPart: number): void;
    /** Makes models break off after so many parts; undefined ends it. */
    breakOff(afterParts: number | undefined): void;
  };
  readonly malwareScans: {
    /** How long after its arrival an object is scanned. */
    setDelay(ms: number): void;
    /** Makes scans of objects whose key matches come to no conclusion; undefined ends it. */
    failScans(keys: RegExp | undefined, result: InconclusiveResult | undefined): void;
  };
  readonly transcriptions: {
    /** What is said in recordings, by the SHA-256 of their bytes; instead of what was set before. */
    setTranscripts(transcripts: Readonly<Record<string, string>>): void;
    /** How long a job waits before it listens. */
    setDelay(ms: number): void;
    /** Makes jobs fail whose media's address matches; undefined ends it. */
    failTranscriptions(media: RegExp | undefined, reason: string | undefined): void;
  };
  /** The mail that users would have got, oldest first. */
  readonly outbox: () => readonly OutboxMessage[];
  /** What the policies allow, and whether it was used. */
  readonly grants: () => readonly Grant[];
  /** The metrics that there are so far. */
  readonly metrics: () => readonly MetricIdentity[];
  /** The calls that were let in so far. */
  readonly calls: () => readonly CallCount[];
}

/** The name in the signature's scope of calls to the runtime itself. */
export const CONTROL_SIGNING_NAME = 'manuel-local';

const duration = z.number().nonnegative();
const count = z.int().positive();

const FAULT = z
  .strictObject({
    // A fault here could not be cleared any more.
    service: z.string().refine((service) => service !== CONTROL_SIGNING_NAME, 'the control service itself takes no faults'),
    operation: z.string().optional(),
    kind: z.enum(['throttle', 'error', 'deny', 'slow', 'drop', 'malformed']),
    delayMs: duration.optional(),
    times: count.optional(),
    every: count.optional(),
  })
  .refine(({ kind, delayMs }) => delayMs === undefined || kind === 'slow', { path: ['delayMs'], message: 'only a slow call has a delay' });

const INGESTION_TIMES = z.strictObject({
  startingMs: duration.optional(),
  inProgressMs: duration.optional(),
  searchableAfterIndexedMs: duration.optional(),
  deletingMs: duration.optional(),
});

const NOTHING = z.strictObject({});
const TIME = z.strictObject({ ms: duration });
const PACE = z.strictObject({ msPerPart: duration });
const BREAK = z.strictObject({ afterParts: count.optional() });
const SCANS = z.strictObject({ keys: z.string().optional(), result: z.enum(INCONCLUSIVE).optional() });
const TRANSCRIPTS = z.strictObject({
  transcripts: z.record(z.string().regex(/^[0-9a-f]{64}$/i), z.string()),
});
const TRANSCRIPTIONS = z.strictObject({ media: z.string().optional(), reason: z.string().min(1).optional() });
const DOCUMENTS = z.strictObject({ pattern: z.string().optional() });

/**
 * Arms faults, moves time, delays indexing, answers and scans, says what recordings say, and breaks the filter of searches. For the operator
 * only: no function may reach it.
 */
export class ControlService implements Service {
  readonly signingNames = [CONTROL_SIGNING_NAME];
  readonly resourceTypes: readonly ResourceType[] = [];
  readonly #protocol: JsonProtocol;

  constructor({ faults, clock, ingestion, retrieval, answers, malwareScans, transcriptions, outbox, grants, metrics, calls }: Controls) {
    this.#protocol = new JsonProtocol('The local runtime', '1.0', {
      ArmFault: operation(FAULT, (fault) => {
        faults.arm(fault);
        return {};
      }),
      ClearFaults: operation(NOTHING, () => {
        faults.clear();
        return {};
      }),
      AdvanceTime: operation(TIME, ({ ms }) => {
        clock.advance(ms);
        return { now: clock.now() };
      }),
      SetIngestionTimes: operation(INGESTION_TIMES, (times) => {
        ingestion.setTimes(times);
        return {};
      }),
      FailDocuments: operation(DOCUMENTS, ({ pattern }) => {
        ingestion.failDocuments(toRegExp(pattern));
        return {};
      }),
      ListOutbox: operation(NOTHING, () => ({ messages: outbox() })),
      ListGrants: operation(NOTHING, () => ({ grants: grants() })),
      ListMetrics: operation(NOTHING, () => ({ metrics: metrics() })),
      CountCalls: operation(NOTHING, () => ({ calls: calls() })),
      LeakPassages: operation(DOCUMENTS, ({ pattern }) => {
        retrieval.leakPassages(toRegExp(pattern));
        return {};
      }),
      SetAnswerPace: operation(PACE, ({ msPerPart }) => {
        answers.setPace(msPerPart);
        return {};
      }),
      BreakOffAnswers: operation(BREAK, ({ afterParts }) => {
        answers.breakOff(afterParts);
        return {};
      }),
      SetScanDelay: operation(TIME, ({ ms }) => {
        malwareScans.setDelay(ms);
        return {};
      }),
      FailScans: operation(SCANS, ({ keys, result }) => {
        malwareScans.failScans(toRegExp(keys), result);
        return {};
      }),
      SetTranscripts: operation(TRANSCRIPTS, ({ transcripts: texts }) => {
        transcriptions.setTranscripts(texts);
        return {};
      }),
      SetTranscriptionDelay: operation(TIME, ({ ms }) => {
        transcriptions.setDelay(ms);
        return {};
      }),
      FailTranscriptions: operation(TRANSCRIPTIONS, ({ media, reason }) => {
        transcriptions.failTranscriptions(toRegExp(media), reason);
        return {};
      }),
    });
  }

  /** It decides by itself, below: policies do not know it. */
  permissionsFor(): readonly [] {
    return [];
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

/** An operation that refuses by name what its schema does not know, and what cannot be done with a value. */
function operation<Input>(schema: z.ZodType<Input>, run: (input: Input) => object) {
  return async (input: unknown): Promise<object> => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
    try {
      return run(parsed.data);
    } catch (error) {
      if (error instanceof RangeError || error instanceof SyntaxError) throw new AwsError('ValidationException', error.message);
      throw error;
    }
  };
}

function toRegExp(pattern: string | undefined): RegExp | undefined {
  return pattern === undefined ? undefined : new RegExp(pattern);
}
