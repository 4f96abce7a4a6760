import type { Rejection } from './manual.ts';
import { MANUAL_FAILURES } from './manuals.contract.ts';

/** The bucket does not let a file be read. */
export class ReadDenied extends Error {
  override readonly name = 'ReadDenied';
}

/** A scan is said to have been clean, and the bucket does not know of it: the file is not trusted. */
export class ScanUnconfirmed extends Error implements Rejection {
  override readonly name = 'ScanUnconfirmed';
  readonly failure = 'scan_inconclusive';

  constructor(options?: ErrorOptions) {
    super(MANUAL_FAILURES.scan_inconclusive, options);
  }
}

/**
 * Between one attempt and the next, in milliseconds. AWS does not say whether the tag by which the bucket lets a file be read
 * comes before the event or after it.
 */
const WAITS_MS = [250, 500, 1000, 2000, 4000, 8000];

/**
 * Reads a file whose scan was clean as soon as the bucket lets it be read. Throws ScanUnconfirmed when it still does not after
 * the last attempt: GuardDuty could not tag it, say. That will not change by itself, so trying again later would only delay the answer.
 */
export async function readScanned<Content>(read: () => Promise<Content>, wait: (ms: number) => Promise<void>): Promise<Content> {
  for (const waitMs of WAITS_MS) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ReadDenied)) throw error;
      await wait(waitMs);
    }
  }
  return read().catch((error: unknown) => {
    throw error instanceof ReadDenied ? new ScanUnconfirmed({ cause: error }) : error;
  });
}
