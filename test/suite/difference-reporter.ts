import { stripVTControlCharacters } from 'node:util';
import { JsonReporter, type TestModule } from 'vitest/node';

/** A line of a difference that is on one side only, and not the heading of a side. */
const DIFFERENT = /^[-+] (?!Expected$|Received$)/;

/** Vitest's JSON report, in which a failure says what was different, not only that something was. */
export default class DifferenceReporter extends JsonReporter {
  override onTestRunEnd(testModules: readonly TestModule[]): Promise<void> {
    for (const testModule of testModules) {
      for (const test of testModule.children.allTests('failed')) {
        for (const error of test.result().errors ?? []) {
          const lines = stripVTControlCharacters(error.diff ?? '').split('\n');
          const difference = lines.filter((line) => DIFFERENT.test(line)).map((line) => line.replace(/\s+/g, ' '));
          if (difference.length > 0) error.stack = `${error.name}: ${[error.message, ...difference].join('\n')}`;
        }
      }
    }
    return super.onTestRunEnd(testModules);
  }
}
