interface Entry {
  readonly atMs: number;
  readonly happen: () => void;
}

/** What is to happen later. Nothing runs by itself: it has happened once somebody looks after its time. */
export class Timeline {
  #entries: Entry[] = [];

  /** `atMs` is in milliseconds since the epoch. */
  schedule(atMs: number, happen: () => void): void {
    this.#entries.push({ atMs, happen });
  }

  /** Lets everything happen that is due by `nowMs`: in the order of its time, then of its scheduling. */
  catchUp(nowMs: number): void {
    const due = this.#entries.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.#entries = this.#entries.filter(({ atMs }) => atMs > nowMs);
    for (const { happen } of due) happen();
  }
}
