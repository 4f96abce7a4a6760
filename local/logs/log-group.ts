import type { LogEntry } from './log-sink.ts';

/**
 * How many events a group keeps: the newest. Enough to look back on a day of trying things out, and a few megabytes at the
 * most; CloudWatch keeps them for the group's retention.
 */
export const MAX_EVENTS_PER_GROUP = 10_000;
/** Old events go in blocks, since taking single ones from the front of a long list is slow. */
const TRIM_BLOCK = 1_000;

export interface StoredEvent {
  /** Rises by one with each event of the group. */
  readonly sequence: number;
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
}

/** What is known of a stream besides its events. Times are milliseconds since the epoch. */
export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly firstEventAt: number;
  readonly lastEventAt: number;
}

/** A log group with its newest events, in memory. */
export class LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly #streams = new Map<string, LogStream>();
  #events: StoredEvent[] = [];
  #nextSequence = 0;

  constructor(name: string, arn: string, createdAt: number) {
    this.name = name;
    this.arn = arn;
    this.createdAt = createdAt;
  }

  add(entry: LogEntry): void {
    const { stream, timestamp, message } = entry;
    const known = this.#streams.get(stream) ?? { name: stream, createdAt: timestamp, firstEventAt: timestamp };
    this.#streams.set(stream, { ...known, lastEventAt: timestamp });
    this.#events.push({ sequence: this.#nextSequence, stream, timestamp, message });
    this.#nextSequence += 1;
    if (this.#events.length >= MAX_EVENTS_PER_GROUP + TRIM_BLOCK) this.#events = this.#events.slice(-MAX_EVENTS_PER_GROUP);
  }

  /** Oldest first. */
  events(): readonly StoredEvent[] {
    return this.#events.slice(-MAX_EVENTS_PER_GROUP);
  }

  stream(name: string): LogStream | undefined {
    return this.#streams.get(name);
  }

  streams(): LogStream[] {
    return [...this.#streams.values()];
  }
}
