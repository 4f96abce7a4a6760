import istanbul from '@vitest/coverage-istanbul';
import type { CoverageProviderModule } from 'vitest/node';

/** Where the counters in the sources count. */
const COUNTERS = '__VITEST_COVERAGE__';

interface FileCoverage {
  readonly s: Readonly<Record<string, number>>;
}

const counters = globalThis as { [COUNTERS]?: Readonly<Record<string, FileCoverage>> };

/**
 * Vitest's coverage by Istanbul. What a test file leaves behind has only the sources that it ran in it: a worker that runs many test files
 * has loaded nearly all of them, and writing and reading all their counters after each took a tenth of the time of all tests.
 */
export default {
  ...istanbul,
  takeCoverage(options) {
    const all = counters[COUNTERS];
    if (all === undefined) return undefined;
    counters[COUNTERS] = Object.fromEntries(Object.entries(all).filter(([, { s }]) => Object.values(s).some((count) => count > 0)));
    try {
      return istanbul.takeCoverage?.(options);
    } finally {
      counters[COUNTERS] = all;
    }
  },
} satisfies CoverageProviderModule;
