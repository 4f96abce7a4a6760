import { globSync } from 'node:fs';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import {
  deletionContract,
  importContract,
  ingestionContract,
  manualsContract,
  readinessContract,
} from '../../lambdas/manuals/manuals.contract.ts';
import { queryContract } from '../../lambdas/query/query.contract.ts';
import { parseEnvironment } from '../../lambdas/shared/environment.ts';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import { spendContract } from '../../lambdas/spend/spend.contract.ts';
import { statusContract } from '../../lambdas/status/status.contract.ts';
import { emptyBucketContract } from '../../lambdas/storage/empty-bucket.contract.ts';
import { completionContract, recordingContract, transcribeContract } from '../../lambdas/transcribe/transcribe.contract.ts';
import { usageContract } from '../../lambdas/usage/usage.contract.ts';
import { CapabilityFunction } from '../../lib/platform/capability-function.ts';
import { stageConfig } from '../../lib/stages.ts';
import { templatesOf } from '../support/templates.ts';

const CONTRACTS: readonly FunctionContract[] = [
  statusContract,
  usageContract,
  queryContract,
  manualsContract,
  importContract,
  ingestionContract,
  readinessContract,
  deletionContract,
  spendContract,
  transcribeContract,
  recordingContract,
  completionContract,
  emptyBucketContract,
];

interface FunctionResource {
  readonly Properties: { readonly Environment: { readonly Variables: Record<string, unknown> } };
}

const { api, storage } = templatesOf();
const functions = [api, storage].flatMap((template) =>
  Object.values(template.findResources('AWS::Lambda::Function')),
) as FunctionResource[];

test('every entry has a contract, and every contract an entry', () => {
  const entries = globSync('lambdas/*/*.lambda.ts', { cwd: path.resolve(import.meta.dirname, '../..') });
  expect(entries.map((file) => file.replace(/^lambdas\//, '').replace(/\.lambda\.ts$/, '')).sort()).toEqual(
    CONTRACTS.map(({ entry }) => entry).sort(),
  );
});

test('there is one function for each contract', () => {
  const deployed = functions.map(({ Properties }) => Properties.Environment.Variables['FUNCTION']);
  expect(deployed.sort()).toEqual(CONTRACTS.map(({ name }) => name).sort());
});

test('whatever serves a route that wants a token has what its guard needs, with the stage’s values, and nothing else has', () => {
  const config = { ...stageConfig('prod'), ipAllowlist: ['203.0.113.0/24', '2001:db8::/32'], maxBodyMiB: 2 };
  const {
    Properties: {
      Environment: { Variables },
    },
  } = Object.values(templatesOf(config).api.findResources('AWS::Lambda::Function')).find(
    ({ Properties }) => Properties.Environment.Variables.FUNCTION === 'query',
  ) as FunctionResource;
  expect(Variables).toMatchObject({
    IP_ALLOWLIST: '203.0.113.0/24,2001:db8::/32',
    MAX_BODY_BYTES: '2097152',
    USER_REQUESTS_PER_MINUTE: '50',
    IP_REQUESTS_PER_MINUTE: '1000',
  });
  const guarded = CONTRACTS.filter(({ environment }) => 'RATE_TABLE' in environment).map(({ name }) => name);
  const wantsToken = ({ routes = {} }: FunctionContract) => Object.values(routes).some(({ access }) => access === 'user');
  expect(guarded).toEqual(CONTRACTS.filter(wantsToken).map(({ name }) => name));
  expect(guarded).toEqual(['usage', 'query', 'manuals', 'transcribe']);
});

test.each(CONTRACTS.map((contract) => [contract.name, contract] as const))(
  '%s is deployed with exactly the environment of its contract',
  (name, contract) => {
    const variables =
      functions.find(({ Properties }) => Properties.Environment.Variables['FUNCTION'] === name)?.Properties.Environment.Variables ?? {};
    expect(Object.keys(variables).sort()).toEqual(Object.keys(contract.environment).sort());
    // What is a reference in the template is a text on AWS.
    const texts = Object.fromEntries(
      Object.entries(variables).map(([variable, value]) => [variable, typeof value === 'string' ? value : 'resolved']),
    );
    expect(parseEnvironment(contract, texts)).toMatchObject({ FUNCTION: name });
  },
);

test('a variable that is missing or malformed is refused by its name', () => {
  const parse = () => parseEnvironment(usageContract, { USAGE_TABLE: 'table', DAILY_QUOTA: 'many' });
  expect(parse).toThrow(/DAILY_QUOTA is "many": must be a whole number above zero/);
  expect(parse).toThrow(/MONTHLY_QUOTA is not set/);
});

describe('a construct that provides the wrong variables', () => {
  const build = () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
    const fn = new CapabilityFunction(stack, 'Function', {
      contract: statusContract,
      config: stageConfig('dev'),
      code: () => Code.fromInline('// not bundled'),
      timeout: Duration.seconds(3),
    });
    return { stack, fn };
  };

  test('one that the contract does not name is refused', () => {
    expect(() => build().fn.provide({ USAGE_TABLE: 'table' })).toThrow(
      'status was provided USAGE_TABLE, which its contract does not name.',
    );
  });

  test('one that is there already is refused', () => {
    expect(() => build().fn.provide({ FUNCTION: 'other' })).toThrow('status was provided FUNCTION twice.');
  });

  test('one that is missing stops synth', () => {
    const { stack } = build();
    expect(() => Template.fromStack(stack)).toThrow('status was not provided USER_POOL_CLIENT_ID, CORS_ORIGINS, VERSION.');
  });
});
