import { statSync } from 'node:fs';
import path from 'node:path';

/** Jest's sequencer: journeys first, which take longest and wait for most of it, then the largest file; on a machine's first run, too. */
export default class JourneysFirst {
  sort(tests) {
    const places = tests.map((test) => ({
      test,
      journey: test.path.includes(`${path.sep}journeys${path.sep}`),
      bytes: statSync(test.path).size,
    }));
    return places.sort((a, b) => Number(b.journey) - Number(a.journey) || b.bytes - a.bytes).map(({ test }) => test);
  }

  // Part of what Jest asks of a sequencer: what failed last time, and how long each file took, has no say here.
  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
