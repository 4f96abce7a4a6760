/** One line of a log, as CloudWatch Logs would keep it. */
export interface LogEntry {
  readonly group: string;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Takes what emulated services log. Group and stream come into being with their first entry. */
export interface LogSink {
  write(entry: LogEntry): void;
}
