import { DAMAGED_FILES, expectSomeOutcome } from '../support/damaged-files.ts';
import { bundledWorker } from '../support/extraction.ts';

/** For each file. */
const RUNS = 30;

const worker = bundledWorker();
afterAll(() => worker.remove());

test.concurrent.each(DAMAGED_FILES)('%s: %s that is damaged somewhere is read or rejected within the limits', (contentType, _name, file) =>
  expectSomeOutcome(contentType, file, RUNS, worker),
);
