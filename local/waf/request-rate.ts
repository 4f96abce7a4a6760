interface Window {
  /** Requests by the millisecond in which they came, oldest first. */
  readonly moments: Map<number, number>;
  total: number;
}

/** How many requests of one origin came within a window that ends now. */
export class RequestRate {
  readonly #windowMs: number;
  readonly #windows = new Map<string, Window>();

  constructor(windowSeconds: number) {
    this.#windowMs = windowSeconds * 1000;
  }

  /** Counts a request, and gives how many there are now in the window, this one among them. */
  note(origin: string, nowMs: number): number {
    const window = this.#windows.get(origin) ?? { moments: new Map(), total: 0 };
    this.#windows.set(origin, window);
    window.moments.set(nowMs, (window.moments.get(nowMs) ?? 0) + 1);
    window.total += 1;
    for (const [at, count] of window.moments) {
      if (at > nowMs - this.#windowMs) break;
      window.moments.delete(at);
      window.total -= count;
    }
    return window.total;
  }
}
