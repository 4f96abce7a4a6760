/**
 * How long direct ingestion takes, in milliseconds. On AWS a warm ingestion takes some 5 seconds, and a document was
 * seen to become searchable about 3 seconds after it was INDEXED; here all of it is shorter, but none of it is 0.
 */
export interface IngestionTimes {
  /** In state STARTING. */
  readonly startingMs: number;
  /** In state IN_PROGRESS. */
  readonly inProgressMs: number;
  /** From INDEXED until Retrieve finds the document. */
  readonly searchableAfterIndexedMs: number;
  /** In state DELETING, during which Retrieve still finds the document. */
  readonly deletingMs: number;
}

const DEFAULT_TIMES: IngestionTimes = { startingMs: 50, inProgressMs: 150, searchableAfterIndexedMs: 100, deletingMs: 100 };

interface ArmedFailure {
  readonly pattern: RegExp;
  readonly reason: string;
}

/** What a test or an operator may set about ingestion. It applies to what is submitted from then on. */
export class IngestionSettings {
  times: IngestionTimes = DEFAULT_TIMES;
  #failures: ArmedFailure[] = [];

  armFailure(pattern: RegExp, reason: string): void {
    this.#failures.push({ pattern, reason });
  }

  clearFailures(): void {
    this.#failures = [];
  }

  /** Why the document shall fail, if it shall. */
  failureOf(documentId: string): string | undefined {
    return this.#failures.find(({ pattern }) => documentId.search(pattern) >= 0)?.reason;
  }
}
