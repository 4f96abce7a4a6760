import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // The long-running ones have a run of their own: npm run test:long.
  testMatch: ['**/*.test.ts', '!**/*.long.test.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.js' },
  extensionsToTreatAsEsm: ['.ts'],
  // A limit against hanging, not a measure of speed: machines are shared and noisy.
  testTimeout: 60_000,
  // Journeys spend most of their time waiting for the runtime that they start: each core can have two, and they go first.
  maxWorkers: 2 * availableParallelism(),
  testSequencer: '<rootDir>/test/support/journeys-first.js',
  // Within a file: each of these tests starts a runtime of its own.
  maxConcurrency: 2,
  // Counters written into the sources once and cached. V8's own counting slows all code down, that of the libraries too.
  coverageProvider: 'babel',
  collectCoverageFrom: ['bin/**/*.ts', 'lib/**/*.ts', 'lambdas/**/*.ts', 'local/**/*.ts', '!**/*.d.ts'],
  coverageReporters: ['text-summary', 'json'],
  // In percent.
  coverageThreshold: { global: { statements: 90, branches: 85 } },
};
