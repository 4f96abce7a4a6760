import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { synthOf } from '../support/open-stage.ts';
import { ACCOUNT, type Case, HANDS, POLICIES, ROLES, SEVERAL_ROLES } from './guarded-action-cases.ts';

/** All of them at once, since a stage takes its time; each by itself in the long run. */
function testRefused(cases: readonly Case[]): void {
  let said = '';
  beforeAll(() => {
    said = synthOf((open) => {
      for (const [, change] of cases) change(open);
    });
  });
  test.each(cases)('%s', (_, _change, sentence) => expect(said).toContain(sentence));
}

test('a stage as it is passes', () => {
  expect(synthOf(() => undefined)).toBe('passed');
});

describe('refused are hands that are not to have it:', () => testRefused(HANDS));

describe('refused are policies that hold it:', () => {
  testRefused(POLICIES);
  testRefused([SEVERAL_ROLES]);
});

describe('refused are roles:', () => {
  for (const one of ROLES) testRefused([one]);

  test('but not those that somebody is denied', () => {
    const denied = { effect: Effect.DENY, actions: ['sts:AssumeRole'], principals: [ACCOUNT] };
    expect(synthOf(({ role }) => role('query').assumeRolePolicy?.addStatements(new PolicyStatement(denied)))).toBe('passed');
  });
});
