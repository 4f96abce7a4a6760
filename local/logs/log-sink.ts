import type { Principal } from '../platform/principal.ts';

/** One line of a log, as CloudWatch Logs would keep it. */
export interface LogEntry {
  readonly group: string;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Takes the lines of one stream, in the order in which they were written. */
export interface LogStream {
  write(timestamp: number, message: string): void;
}

/** Takes what emulated services log. Group and stream come into being with their first entry. */
export interface LogSink {
  /** A stream for a principal to write to. When it may not, what it writes is lost, as on AWS; the denial is reported. */
  openStream(principal: Principal, group: string, stream: string): LogStream;
}
