import { bundledWorker } from '../support/extraction.ts';
import { expectOutcome, FIRST_HOSTILE_FILES, IDLE_OUTCOMES } from '../support/hostile-files.ts';

const worker = bundledWorker();
afterAll(() => worker.remove());

test.concurrent.each(FIRST_HOSTILE_FILES)('$contentType with $name has its outcome within the limits', (file) =>
  expectOutcome(file, worker),
);

test('every outcome is that of a file', () => {
  expect(IDLE_OUTCOMES).toEqual([]);
});
