import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LargestFirst } from './test/support/largest-first.ts';

const CORES = availableParallelism();

export default defineConfig({
  test: {
    globals: true,
    // `npm test` runs the first two side by side, `npm run test:long` the third, and `npm run test:smoke` and the like a file of the last.
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['**/*.long.test.ts', 'test/journeys/**'] } },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['test/journeys/*.test.ts'],
          exclude: ['**/*.long.test.ts'],
          globalSetup: './test/support/shared-runtimes.ts',
          // They spend part of their time waiting for the runtime that they start; beside them the other tests have a worker for each core.
          maxWorkers: CORES + 1,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'long', include: ['test/**/*.long.test.ts'] } },
      { extends: true, test: { name: 'suite', include: ['test/suite/*.suite.ts'] } },
    ],
    // A worker loads what tests share once (CDK, SDK and all of ours), not once per file: with it they take half of the time.
    isolate: false,
    pool: 'forks',
    // What functions that are called in a test's own process log and measure.
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true', POWERTOOLS_METRICS_NAMESPACE: 'Test' },
    unstubEnvs: true,
    maxWorkers: CORES,
    sequence: { sequencer: LargestFirst },
    // Within a file: each of these tests starts a runtime of its own.
    maxConcurrency: 2,
    // Limits against hanging, no measures of speed: machines are shared and noisy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 120_000,
    coverage: {
      // Counters written into the sources. V8's own counting slows all code down, that of the libraries too.
      provider: 'custom',
      customProviderModule: './test/support/touched-coverage.ts',
      include: ['bin/**/*.ts', 'lib/**/*.ts', 'lambdas/**/*.ts', 'local/**/*.ts'],
      reporter: ['text-summary'],
      // In percent.
      thresholds: { statements: 90, branches: 85 },
    },
  },
});
