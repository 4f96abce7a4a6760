import { type Edit, startChanged } from './changed-sources.ts';
import type { StartedRuntime } from './runtime.ts';

const SCANS: Edit = {
  file: 'lib/stages.ts',
  find: 'malwareScan: false,\n  customerManagedKey: false,',
  replace: 'malwareScan: true,\n  customerManagedKey: true,',
};

/**
 * Starts a runtime of the development stage as it would be if it scanned uploads for malware and encrypted its queues with a key of its own,
 * as prod does, with these edits besides.
 */
export function startScanning(edits: readonly Edit[] = []): Promise<StartedRuntime> {
  return startChanged([SCANS, ...edits], { notesGrants: true });
}
