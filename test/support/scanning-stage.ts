import { type Edit, startChanged } from './changed-sources.ts';
import type { StartedRuntime } from './runtime.ts';

const SCANS: Edit = { file: 'lib/stages.ts', find: 'malwareScan: false,', replace: 'malwareScan: true,' };

/** Starts a runtime of the development stage as it would be if it scanned uploads for malware, with these edits besides. */
export function startScanning(edits: readonly Edit[] = []): Promise<StartedRuntime> {
  return startChanged([SCANS, ...edits], { notesGrants: true });
}
