import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ExtractionWorker, isolatedExtraction } from '../../lambdas/manuals/extraction/isolated-extraction.ts';
import { EXTRACTION_LIMITS, type ExtractionLimits } from '../../lambdas/manuals/extraction/limits.ts';
import { ManualRejected } from '../../lambdas/manuals/manual.ts';
import type { ManualFailure } from '../../lambdas/manuals/manuals.contract.ts';
import { bundlePrograms } from '../../lib/platform/bundles.ts';
import { SHARED_BUNDLES } from './changed-sources.ts';

const PROJECT = realpathSync(path.resolve(import.meta.dirname, '../..'));

/** The program that reads files, from its sources. */
export const WORKER: ExtractionWorker = { file: path.join(PROJECT, 'lambdas/manuals/ingestion.worker.ts'), folder: PROJECT };

/** The same as it is deployed, which starts faster. What it needs goes with `remove`. */
export function bundledWorker(): ExtractionWorker & { remove(): void } {
  const shared = process.env[SHARED_BUNDLES];
  if (shared !== undefined) {
    const folder = realpathSync(path.join(shared, 'manuals/ingestion'));
    return { file: path.join(folder, 'worker.js'), folder, remove: () => undefined };
  }
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'manuel-worker-')));
  bundlePrograms([{ in: WORKER.file, out: 'worker' }], folder);
  return { file: path.join(folder, 'worker.js'), folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Limits for files of tests: small ones, but for the time, since the machine may be busy. */
export const TEST_LIMITS: ExtractionLimits = { ...EXTRACTION_LIMITS, timeoutMs: 20_000, residentMiB: 500, heapMiB: 300 };

/** What became of a file, and what it took. */
export interface Outcome {
  /** The text of all pages; undefined when it was rejected. */
  readonly text?: string;
  readonly failure?: ManualFailure;
  readonly cause?: string;
  readonly elapsedMs: number;
}

/** Reads a file as the function does, in a process of its own. Throws what is not the file's fault. */
export async function outcomeOf(contentType: string, bytes: Uint8Array, limits = TEST_LIMITS, worker = WORKER): Promise<Outcome> {
  const startedAt = performance.now();
  const elapsed = () => ({ elapsedMs: performance.now() - startedAt });
  try {
    const { pages } = await isolatedExtraction(worker, limits)(contentType, bytes);
    return { text: pages.map((page) => page.text).join('\n'), ...elapsed() };
  } catch (error) {
    if (!(error instanceof ManualRejected)) throw error;
    return { failure: error.failure, cause: String(error.cause), ...elapsed() };
  }
}
