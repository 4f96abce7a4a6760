import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { STAGE_NAMES, type StageConfig, type StageName } from '../../lib/stage-config.ts';
import { readAccountFile, readStageFile } from '../../lib/stage-file.ts';
import { stageConfig } from '../../lib/stages.ts';
import { NOT_BUNDLED, SHARED_BUNDLES } from '../support/changed-sources.ts';
import { appOf, templatesOf } from '../support/templates.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const dev = stageConfig('dev');

const synthesizing = (values: Partial<StageConfig>) => () => appOf({ ...dev, ...values });

test('each stage has the values that are promised', () => {
  const promised: [keyof StageConfig, Record<StageName, unknown>][] = [
    ['region', { dev: 'eu-west-1', staging: 'eu-west-1', prod: 'eu-west-1', preview: 'eu-west-1' }],
    ['quota', { dev: [50, 1000], staging: [100, 2000], prod: [100, 2000], preview: [30, 500] }],
    ['lambdaMemoryMiB', { dev: 256, staging: 512, prod: 512, preview: 512 }],
    ['tracing', { dev: false, staging: true, prod: true, preview: true }],
    ['logRetentionDays', { dev: 14, staging: 30, prod: 90, preview: 30 }],
    ['alarms', { dev: 'essential', staging: 'all', prod: 'all', preview: 'all' }],
    ['alarmEmail', { dev: undefined, staging: undefined, prod: undefined, preview: undefined }],
    ['corsOrigins', { dev: ['*'], staging: [], prod: [], preview: [] }],
    ['selfSignUp', { dev: true, staging: true, prod: true, preview: false }],
    ['waf', { dev: false, staging: true, prod: true, preview: true }],
    ['ipAllowlist', { dev: [], staging: [], prod: [], preview: [] }],
    ['maxBodyMiB', { dev: 5, staging: 5, prod: 5, preview: 5 }],
    ['rateLimits', { dev: [100, 1000], staging: [50, 1000], prod: [50, 1000], preview: [50, 1000] }],
    ['requestSigning', { dev: false, staging: true, prod: true, preview: true }],
    ['errorRecordDays', { dev: 30, staging: 90, prod: 90, preview: 90 }],
    ['retryCeiling', { dev: [3, 1, 30], staging: [5, 2, 60], prod: [5, 2, 60], preview: [5, 2, 60] }],
    ['malwareScan', { dev: false, staging: true, prod: true, preview: true }],
    ['customerManagedKey', { dev: false, staging: true, prod: true, preview: false }],
    ['retainData', { dev: false, staging: false, prod: true, preview: false }],
    ['accessTokenHours', { dev: 1, staging: 1, prod: 1, preview: 1 }],
    ['refreshTokenDays', { dev: 30, staging: 30, prod: 30, preview: 1 }],
  ];
  const inOrder = (value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : value);
  for (const [name, values] of promised) {
    const stated = Object.fromEntries(STAGE_NAMES.map((stage) => [stage, inOrder(stageConfig(stage)[name])]));
    expect([name, stated]).toEqual([name, values]);
  }
});

test('staging answers with the model of prod, and preview with the large one', () => {
  const models = Object.fromEntries(STAGE_NAMES.map((stage) => [stage, stageConfig(stage).models.default]));
  expect(models).toEqual({
    dev: 'claude-haiku-5-5',
    staging: 'claude-haiku-5-5',
    prod: 'claude-haiku-5-5',
    preview: 'claude-opus-5-5',
  });
});

test.each<[Partial<StageConfig>, string]>([
  [{ accessTokenHours: 25 }, 'accessTokenHours of the stage "dev" is 25; it must be a whole number from 1 to 24.'],
  [{ accessTokenHours: 0 }, 'accessTokenHours of the stage "dev" is 0; it must be a whole number from 1 to 24.'],
  [{ refreshTokenDays: 366 }, 'refreshTokenDays of the stage "dev" is 366; it must be a whole number from 1 to 365.'],
  [{ refreshTokenDays: 1.5 }, 'refreshTokenDays of the stage "dev" is 1.5; it must be a whole number from 1 to 365.'],
  [{ maxBodyMiB: 6 }, 'maxBodyMiB of the stage "dev" is 6; it must be a whole number from 1 to 5.'],
  [{ lambdaMemoryMiB: 64 }, 'lambdaMemoryMiB of the stage "dev" is 64; it must be a whole number from 128 to 10240.'],
  [{ quota: { daily: 0, monthly: 5 } }, 'quota.daily of the stage "dev" is 0; it must be a whole number from 1 to 100000.'],
  [{ quota: { daily: 6, monthly: 5 } }, 'quota.daily of the stage "dev" is 6; it must not be more than quota.monthly, 5.'],
  [
    { rateLimits: { userPerMinute: 3, ipPerMinute: 2 } },
    'rateLimits.userPerMinute of the stage "dev" is 3; it must not be more than rateLimits.ipPerMinute, 2.',
  ],
  [
    { retryCeiling: { attempts: 3, baseDelaySeconds: 5, longestDelaySeconds: 4 } },
    'retryCeiling.baseDelaySeconds of the stage "dev" is 5; it must not be more than retryCeiling.longestDelaySeconds, 4.',
  ],
  [{ dailySpendCapDollars: 0 }, 'dailySpendCapDollars of the stage "dev" is 0; it must be from 0.0001 to 10000.'],
  [{ dailySpendCapDollars: 10_001 }, 'dailySpendCapDollars of the stage "dev" is 10001; it must be from 0.0001 to 10000.'],
  [{ dailySpendCapDollars: Number.NaN }, 'dailySpendCapDollars of the stage "dev" is NaN; it must be from 0.0001 to 10000.'],
  [
    { speech: { language: 'tlh', languages: ['en-GB'] } },
    'speech.language of the stage "dev" is tlh; it must be one of speech.languages: en-GB.',
  ],
  [{ region: 'us-east-1' }, 'region of the stage "dev" is us-east-1; it must be a region of the European Union, such as eu-west-1.'],
  [
    { corsOrigins: ['https://app.example.com/'] },
    'corsOrigins of the stage "dev" is https://app.example.com/; it must be the origin of a page',
  ],
  [
    { corsOrigins: ['http://app.example.com'] },
    'corsOrigins of the stage "dev" is http://app.example.com; it must be the origin of a page',
  ],
  [{ corsOrigins: ['*', 'https://app.example.com'] }, 'corsOrigins of the stage "dev" is *; it must be the origin of a page'],
  [{ ipAllowlist: ['203.0.113.7'] }, 'ipAllowlist of the stage "dev" is 203.0.113.7; it must be a range of addresses'],
  [{ ipAllowlist: ['0.0.0.0/0'] }, 'ipAllowlist of the stage "dev" is 0.0.0.0/0; it must be a range of addresses'],
])('a value that will not do stops synth by its name, value and range: %j', (values, sentence) => {
  expect(synthesizing(values)).toThrow(sentence);
});

test.each<Partial<StageConfig>>([
  { accessTokenHours: 24, refreshTokenDays: 365 },
  { corsOrigins: ['https://app.example.com', 'http://localhost:5173'] },
  { ipAllowlist: ['203.0.113.0/24', '2001:db8::/32'] },
])('%j will do', (values) => {
  expect(synthesizing(values)).not.toThrow();
});

describe('what a team decides', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'manuel-stages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (content: string) => writeFileSync(path.join(folder, 'prod.json'), content);

  test('may be nothing', () => {
    expect(readStageFile('prod', folder)).toEqual({});
  });

  test('takes the place of the stage’s own values', () => {
    const values = {
      region: 'eu-central-1',
      alarmEmail: 'on-call@example.com',
      corsOrigins: ['https://app.example.com'],
      ipAllowlist: ['203.0.113.0/24'],
      emailSender: 'manuel@example.com',
      signInDomain: { prefix: 'our-manuals', callbackUrls: ['https://app.example.com/signed-in'], logoutUrls: [] },
    };
    write(JSON.stringify(values));
    expect(readStageFile('prod', folder)).toEqual(values);
  });

  test.each([
    ['{', 'stages/prod.json: '],
    ['[]', 'stages/prod.json: Invalid input: expected object'],
    ['{"quota": {"daily": 1}}', 'stages/prod.json: Unrecognized key: "quota"'],
    ['{"alarmEmail": "nobody"}', 'stages/prod.json: alarmEmail: Invalid email address'],
    [
      '{"signInDomain": {"prefix": "my-aws", "callbackUrls": ["https://a.example"]}}',
      'stages/prod.json: signInDomain.prefix: must not hold',
    ],
    ['{"signInDomain": {"prefix": "manuals", "callbackUrls": ["javascript:1"]}}', 'stages/prod.json: signInDomain.callbackUrls.0: '],
  ])('and is refused by name where it is not understood: %s', (content, sentence) => {
    write(content);
    expect(() => readStageFile('prod', folder)).toThrow(sentence);
  });

  test('is for the account its region alone', () => {
    writeFileSync(path.join(folder, 'account.json'), '{"region": "eu-central-1"}');
    expect(readAccountFile('account', folder)).toEqual({ region: 'eu-central-1' });
    writeFileSync(path.join(folder, 'account.json'), '{"alarmEmail": "on-call@example.com"}');
    expect(() => readAccountFile('account', folder)).toThrow('stages/account.json: Unrecognized key: "alarmEmail"');
  });
});

describe('what a stage is without', () => {
  const warningsOf = (config: StageConfig) =>
    Annotations.fromStack(appOf(config).stage.node.findChild('api') as Stack)
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => String(entry.data).replace(/ \[ack: .*/, ''));

  test('is said at synth, with where to give it', () => {
    expect(warningsOf(stageConfig('staging'))).toEqual([
      'Nobody is told of alarms. Name an "alarmEmail" in stages/staging.json.',
      'No web page may call the API, apps only. Name "corsOrigins" in stages/staging.json.',
    ]);
  });

  test.each([
    ['dev', dev],
    ['a stage that has it', { ...stageConfig('prod'), alarmEmail: 'on-call@example.com', corsOrigins: ['https://app.example.com'] }],
  ])('is nothing for %s', (_which, config) => {
    expect(warningsOf(config)).toEqual([]);
  });
});

test('only prod resists deletion, and keeps what users entrusted to it', () => {
  for (const name of STAGE_NAMES) {
    const { app, stage } = appOf(stageConfig(name));
    const protectedStacks = stage.node.children.filter((child) => (child as Partial<Stack>).terminationProtection);
    expect([name, protectedStacks.length > 0]).toEqual([name, name === 'prod']);
    rmSync(app.outdir, { recursive: true, force: true });
  }
  const { storage, cognito } = templatesOf(stageConfig('prod'));
  for (const resource of Object.values({ ...storage.findResources('AWS::DynamoDB::Table'), ...storage.findResources('AWS::S3::Bucket') })) {
    expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
  storage.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  cognito.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Retain', Properties: { DeletionProtection: 'ACTIVE' } });
});

/**
 * A real synthesis, by the app. Credentials, time zone, locale and network are as the variables say.
 * @param bundles what another synthesis bundled, if this one is not to bundle anew
 */
function synthesize(output: string, variables: Record<string, string>, bundles?: string): void {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const first = bundles === undefined ? [] : ['--import', bundledIn(bundles)];
  const { status, stderr } = spawnSync(process.execPath, [...first, 'bin/manuel.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: path.join(ROOT, 'node_modules/.cache/compile'),
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage: 'prod' }),
      CDK_VALIDATION: 'false',
      ...variables,
    },
  });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
}

/** A module that has a program which loads it first take the bundles of this folder. */
function bundledIn(folder: string): string {
  const edits = [NOT_BUNDLED, { find: "path.join(ROOT, 'dist')", replace: JSON.stringify(folder) }];
  const source = `
    import { registerHooks } from 'node:module';
    const edited = (source) => ${JSON.stringify(edits)}.reduce((text, { find, replace }) => {
      if (text.split(find).length !== 2) throw new Error('there is no such line: ' + find);
      return text.replace(find, replace);
    }, String(source));
    registerHooks({ load(url, context, next) {
      const loaded = next(url, context);
      return url.endsWith('/lib/platform/bundles.ts') ? { ...loaded, source: edited(loaded.source) } : loaded;
    } });`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

test('the same commit gives the same assembly, byte for byte, whoever synthesizes it, when and where', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'manuel-pure-'));
  const [here, elsewhere] = ['a', 'b'].map((name) => path.join(directory, name)) as [string, string];
  try {
    // What `npm test` bundled, in a process and with an environment of its own.
    synthesize(here, { TZ: 'UTC' }, process.env[SHARED_BUNDLES]);
    synthesize(elsewhere, {
      TZ: 'Pacific/Kiritimati',
      LANG: 'tr_TR.UTF-8',
      HOME: directory,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'somebody',
      CDK_DEFAULT_ACCOUNT: '123456789012',
      CDK_DEFAULT_REGION: 'us-east-1',
      // Nothing answers there, should anything ask.
      HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    const filesOf = (folder: string) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .sort();
    expect(filesOf(here).length).toBeGreaterThan(20);
    expect(filesOf(elsewhere)).toEqual(filesOf(here));
    for (const file of filesOf(here)) {
      expect([file, readFileSync(path.join(here, file)).equals(readFileSync(path.join(elsewhere, file)))]).toEqual([file, true]);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
