import { readFileSync } from 'node:fs';
import { STAGE_NAMES, type StageName } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { resourcesOf, type StackResource } from '../support/stack-resources.ts';
import { appOf } from '../support/templates.ts';
import { idleUses } from './idle-cost.ts';
import { costOf, PRICES, totalOf } from './prices.ts';
import { queryUses } from './query-cost.ts';

const resourcesOfStage = (name: StageName) => resourcesOf(appOf({ ...stageConfig(name), alarmEmail: 'ops@example.com' }).app);
const stages = Object.fromEntries(STAGE_NAMES.map((name) => [name, resourcesOfStage(name)]));
const stage = (name: string): readonly StackResource[] => stages[name] ?? [];

/** In dollars a month, of the only stage of its account. Of `dev`'s, $0.69 are the polls of six queues, $0.26 the sums of the spend cap. */
const MOST_IDLE: Readonly<Record<string, number>> = { dev: 1, prod: 20 };
/** In dollars, without the model, and without what is free. */
const MOST_FOR_1000_QUERIES = 0.05;

const idleCost = (name: string) => totalOf(costOf(idleUses(stage(name)), { free: true }));
const queryCost = (name: string) => totalOf(costOf(queryUses(stage(name)), { free: false }));

test.each(Object.entries(MOST_IDLE))('%s costs less than $%d a month while nobody uses it', (name, most) => {
  expect(idleCost(name)).toBeLessThan(most);
});

test('the docs say what each stage costs', () => {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  for (const name of STAGE_NAMES)
    expect(page).toContain(`| \`${name}\` | $${idleCost(name).toFixed(2)} | $${queryCost(name).toFixed(3)} |`);
});

test.each(STAGE_NAMES)('1,000 questions cost less than five cents besides the model in %s', (name) => {
  expect(queryCost(name)).toBeLessThan(MOST_FOR_1000_QUERIES);
  // The model waited for, the API and the store: never less than that.
  expect(queryCost(name)).toBeGreaterThan(0.01);
});

test.each(STAGE_NAMES)('the dashboard of %s is one of those that are free: it names 50 metrics at most', (name) => {
  const dashboards = idleUses(stage(name)).filter(({ meter }) => /dashboard/i.test(meter));
  expect(dashboards).toEqual([{ meter: 'smallDashboard', quantity: 1, what: expect.any(String) }]);
});

test('what is charged for is what the templates hold', () => {
  const uses = (name: string, meter: string) =>
    idleUses(stage(name))
      .filter((use) => use.meter === meter)
      .map(({ quantity }) => quantity);
  const count = (name: string, type: string) => stage(name).filter((resource) => resource.type === type).length;
  expect(uses('dev', 'webAcl')).toEqual([]);
  expect([uses('prod', 'webAcl'), uses('prod', 'webAclRule'), uses('prod', 'key')]).toEqual([[1], [8], [1]]);
  // Three queues of the knowledge base's have a limit, and are asked by five connections; three have none.
  expect(uses('dev', 'queueRequest').sort()).toEqual([259_200, 259_200, 259_200, 648_000, 648_000, 648_000]);
  // Only in prod are the queues encrypted by a key of ours.
  expect(uses('dev', 'keyRequest')).toEqual([]);
  expect(uses('prod', 'keyRequest')).toEqual(Array(count('prod', 'AWS::Lambda::EventSourceMapping')).fill(744));
  expect(uses('dev', 'functionRequest')).toEqual([8640]);
  expect(uses('prod', 'logsStored')[0]).toBeCloseTo((3 * 2000 * 8640) / 1e9);
});

test('what is free in a month is taken off once', () => {
  const polls = { meter: 'queueRequest' as const, what: 'polls' };
  const cost = (...quantities: number[]) =>
    totalOf(
      costOf(
        quantities.map((quantity) => ({ ...polls, quantity })),
        { free: true },
      ),
    );
  expect(cost(600_000, 400_000)).toBe(0);
  expect(cost(648_000, 648_000)).toBeCloseTo(0.1184);
  expect(totalOf(costOf([{ ...polls, quantity: 1_000_000 }], { free: false }))).toBe(0.4);
});

/** A resource of the API's stack beside those of dev. */
function withResource(type: string, properties: Readonly<Record<string, unknown>>) {
  const added = { stack: 'Manuel-dev-api', logicalId: 'Added', name: 'Added', type, properties, deletionPolicy: undefined, dependsOn: [] };
  const uses = idleUses([...stage('dev'), added]);
  return uses.slice(idleUses(stage('dev')).length).map(({ meter, quantity }) => [meter, quantity]);
}

test('an alarm is charged for each metric, and a dashboard of more than 50 is not free', () => {
  const metric = (id: string) => ({ Id: id, MetricStat: { Stat: 'Sum' } });
  expect(withResource('AWS::CloudWatch::Alarm', { MetricName: 'Errors' })).toEqual([['alarmMetric', 1]]);
  expect(withResource('AWS::CloudWatch::Alarm', { Metrics: [{ Id: 'sum', Expression: 'a + b' }, metric('a'), metric('b')] })).toEqual([
    ['alarmMetric', 2],
  ]);
  const dashboard = (metrics: unknown[]) => ({ DashboardBody: JSON.stringify({ widgets: [{ properties: { metrics } }] }) });
  const named = Array.from({ length: 49 }, (_, index) => ['AWS/Lambda', 'Errors', 'FunctionName', `fn${index}`, { stat: 'Sum' }]);
  const search = [{ expression: "SEARCH('{Manuel/Application,service}', 'Sum', 300)" }];
  expect(withResource('AWS::CloudWatch::Dashboard', dashboard([...named, search]))).toEqual([['smallDashboard', 1]]);
  expect(
    withResource(
      'AWS::CloudWatch::Dashboard',
      dashboard([...named, ['AWS/Lambda', 'Errors', 'FunctionName', 'fn0', { stat: 'p95' }], search]),
    ),
  ).toEqual([['smallDashboard', 1]]);
  expect(withResource('AWS::CloudWatch::Dashboard', dashboard([...named, ['Manuel/Application', 'RequestCount'], search]))).toEqual([
    ['largeDashboard', 1],
  ]);
});

test('a queue whose function may run as often as it likes is asked by fewer', () => {
  const queue = stage('dev').find(({ name }) => name === 'Manuel-dev-api/TranscribeCompletionQueue')?.logicalId;
  const EventSourceArn = { 'Fn::GetAtt': [queue, 'Arn'] };
  expect(withResource('AWS::Lambda::EventSourceMapping', { EventSourceArn })).toEqual([['queueRequest', 259_200]]);
  expect(() => withResource('AWS::Lambda::EventSourceMapping', { EventSourceArn: 'elsewhere' })).toThrow(
    'is not in the templates: "elsewhere"',
  );
});

test('a type whose price nobody has thought of is refused by name, and so is a schedule of unknown runs', () => {
  expect(() => withResource('AWS::EC2::NatGateway', {})).toThrow('Nothing says what these cost while they are idle: AWS::EC2::NatGateway.');
  const fn = stage('dev').find(({ name }) => name === 'Manuel-dev-api/QueryFunction');
  const rule = (schedule: string) => ({
    ScheduleExpression: schedule,
    Targets: [{ Arn: { 'Fn::GetAtt': [fn?.logicalId, 'Arn'] } }],
  });
  expect(() => withResource('AWS::Events::Rule', rule('rate(1 day)'))).toThrow('Nothing says what a run of query takes');
  expect(() => withResource('AWS::Events::Rule', rule('cron(0 0 * * ? *)'))).toThrow('How often cron(0 0 * * ? *) runs is not known');
});

test('each price says where it is from', () => {
  for (const { source } of Object.values(PRICES)) expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing\//);
});
