import { bundledWorker } from '../support/extraction.ts';
import { expectOutcome, HOSTILE_FILES } from '../support/hostile-files.ts';

const worker = bundledWorker();
afterAll(() => worker.remove());

test.concurrent.each(HOSTILE_FILES)('$contentType with $name has its outcome within the limits', (file) => expectOutcome(file, worker));
