import { runTests } from './support/run.ts';

/**
 * `npm run test:long`: what takes minutes and rarely changes its answer. Runtimes without one of the controls each, whose proofs must
 * then fail; every hostile file; many damaged ones; every spoken question; a thousand reservations at once; each thing that synth
 * refuses by itself; services that keep a request waiting until its deadline; and a runtime that is killed again and again. The last
 * line counts what passed and failed.
 */
const { passed, failed } = await runTests('long');
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
