import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { mock } from 'node:test';
import { type Acknowledgment, App, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { checkCompliance, explainWildcard } from '../../lib/platform/compliance.ts';
import { AccountStack } from '../../lib/stacks/account.stack.ts';
import { STAGE_NAMES } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { appOf } from '../support/templates.ts';

const CDK_JSON = path.resolve(import.meta.dirname, '../../cdk.json');

interface Violation {
  readonly rule: string;
  readonly construct: string;
}

interface Report {
  readonly pluginReports: {
    readonly pluginName: string;
    readonly violations: { readonly ruleName: string; readonly violatingConstructs: { readonly constructPath: string }[] }[];
  }[];
}

/** What breaks a rule in an app, by the id that an acknowledgement would have. */
function violationsOf(app: App): Violation[] {
  checkCompliance(app);
  try {
    app.synth();
  } catch (error) {
    // What breaks a rule is in the report, which this error repeats; any other is not expected.
    if (!String(error).includes('validation-report.json')) throw error;
  }
  const report = JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as Report;
  rmSync(app.outdir, { recursive: true, force: true });
  return report.pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({ rule: `${pluginName}::${ruleName}`, construct: constructPath })),
    ),
  );
}

function accountApp(): App {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  new AccountStack(app, 'Manuel-Account', { env: { region: 'eu-west-1' } });
  return app;
}

const APPS: [string, () => App][] = [
  ...STAGE_NAMES.map((name): [string, () => App] => [name, () => appOf({ ...stageConfig(name), alarmEmail: 'ops@example.com' }).app]),
  ['account', accountApp],
];

test.each(APPS)('%s breaks no rule without saying why', (_name, build) => {
  expect(violationsOf(build())).toEqual([]);
});

test('every acknowledgement has a reason, and something to acknowledge in some stage', () => {
  const given = new Map<string, { readonly scope: string; readonly id: string; readonly reason: string }>();
  const recorded = mock.method(Validations.prototype, 'acknowledge', function (this: Validations, ...rules: Acknowledgment[]) {
    const { scope } = this as unknown as { scope: IConstruct };
    for (const { id, reason } of rules) {
      // Stages share what they are built of: an acknowledgement is one, whichever of them it is met in.
      const where = scope.node.path.replace(/^Manuel-\w+\//, '');
      given.set(`${where} ${id}`, { scope: where, id, reason });
    }
  });
  let violations: Violation[];
  try {
    violations = APPS.flatMap(([, build]) => violationsOf(build()));
  } finally {
    recorded.mock.restore();
  }
  const met = violations.map(({ rule, construct }) => ({ rule, construct: construct.replace(/^Manuel-\w+\//, '') }));
  expect(given.size).toBeGreaterThan(20);
  for (const { scope, id, reason } of given.values()) {
    expect(reason).toMatch(/^.{20,}\.$/);
    const within = met.filter(({ rule, construct }) => rule === id && `${construct}/`.startsWith(`${scope}/`));
    expect([scope, id, within.length > 0]).toEqual([scope, id, true]);
  }
});

describe('a wildcard that was explained', () => {
  const wildcards = (...statements: PolicyStatement[]): string[] => {
    const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
    const role = new Role(new Stack(app, 'Stack'), 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    explainWildcard(role, { actions: ['s3:GetObject'], ending: '/incoming/*', reason: 'Which objects there are only time tells.' });
    explainWildcard(role, { actions: ['xray:PutTraceSegments'], ending: '*', reason: 'X-Ray knows no resource for what is sent to it.' });
    for (const statement of statements) role.addToPolicy(statement);
    return violationsOf(app).map(({ rule }) => rule);
  };
  const allow = (resource: string, ...actions: string[]) => new PolicyStatement({ actions, resources: [resource] });

  test('is none any more', () => {
    expect(wildcards(allow('arn:aws:s3:::bucket/incoming/*', 's3:GetObject'), allow('*', 'xray:PutTraceSegments'))).toEqual([]);
  });

  test.each([
    ['for another action', allow('arn:aws:s3:::bucket/incoming/*', 's3:GetObject', 's3:PutObject')],
    ['for another action, in a statement of its own', allow('*', 'dynamodb:Scan')],
    ['on more', allow('arn:aws:s3:::bucket/*', 's3:GetObject')],
    ['on all', allow('*', 's3:GetObject')],
  ])('remains one %s', (_which, statement) => {
    const rules = wildcards(allow('*', 'xray:PutTraceSegments'), statement);
    expect(rules).toEqual([expect.stringMatching(/^AwsSolutions::AwsSolutions-IAM5\[Resource::/)]);
  });
});

test('the flags that the library recommends are set, all of them', () => {
  const recommended = JSON.parse(readFileSync(new URL(import.meta.resolve('aws-cdk-lib/recommended-feature-flags.json')), 'utf8'));
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8'));
  expect(Object.keys(recommended).filter((flag) => !Object.hasOwn(context, flag))).toEqual([]);
});
