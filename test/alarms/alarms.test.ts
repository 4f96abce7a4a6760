import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmDefinition, inGroups } from '../../lib/alarms/alarm-definition.ts';
import { stageConfig } from '../../lib/stages.ts';
import { type StackName, templatesOf } from '../support/templates.ts';

const PAGE = path.resolve(import.meta.dirname, '../../docs/alarms.md');
/** Of an account (https://aws.amazon.com/cloudwatch/pricing/). */
const FREE_METRICS = 10;

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
  readonly TreatMissingData: string;
  readonly Metrics?: readonly { readonly MetricStat?: object }[];
}

const templates = { dev: templatesOf(stageConfig('dev')), prod: templatesOf(stageConfig('prod')) };
const alarmsOf = (stage: 'dev' | 'prod') =>
  Object.values(templates[stage].dashboard.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties as AlarmProperties);
const dev = alarmsOf('dev');
const prod = alarmsOf('prod');

/** The name's part that does not depend on the stage. */
const kindOf = ({ AlarmName }: AlarmProperties) => AlarmName.replace(/^Manuel-(dev|prod)-/, '').replace(/-\d+$/, '');
const metricsOf = ({ Metrics = [{ MetricStat: {} }] }: AlarmProperties) => Metrics.filter(({ MetricStat }) => MetricStat).length;
const sum = (numbers: number[]) => numbers.reduce((one, other) => one + other, 0);

test('each alarm has a section, and each section an alarm', () => {
  const headings = [...readFileSync(PAGE, 'utf8').matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
  expect([...new Set(prod.map(kindOf))].sort()).toEqual(headings.toSorted());
});

test('each section says what the user feels, who is woken and what to do; and whether every stage has the alarm', () => {
  const inEveryStage: string[] = [];
  for (const section of readFileSync(PAGE, 'utf8').split(/^(?=# |## )/m)) {
    if (!section.startsWith('## ')) continue;
    for (const part of ['What the user feels', 'Who is woken', 'What to do']) expect(section).toContain(`- **${part}**: `);
    if (section.includes('*In every stage.*')) inEveryStage.push(section.slice(3, section.indexOf('\n')));
  }
  expect(dev.map(kindOf).sort()).toEqual(inEveryStage.sort());
});

test('an alarm is named after its stage, leads to its section, and takes silence for a good sign', () => {
  for (const [stage, alarms] of Object.entries({ dev, prod })) {
    for (const alarm of alarms) {
      expect(alarm.AlarmName).toMatch(new RegExp(`^Manuel-${stage}-[a-z-]+$`));
      expect(alarm.AlarmDescription).toMatch(
        new RegExp(`\\w+: .+\\. docs/alarms\\.md#${kindOf(alarm)}$|\\. docs/alarms\\.md#${kindOf(alarm)}$`),
      );
      expect(alarm.TreatMissingData).toBe('notBreaching');
    }
  }
});

test('the alarms of the development stage are free, and watch every queue that a function works on', () => {
  expect(sum(dev.map(metricsOf))).toBeLessThanOrEqual(FREE_METRICS);
  const deadLetters = dev.filter((alarm) => kindOf(alarm) === 'dead-letters');
  expect(sum(deadLetters.map(metricsOf))).toBe(Object.keys(templates.dev.api.findResources('AWS::SQS::Queue')).length);
});

test('no alarm reads more metrics than CloudWatch takes: what is too much is divided evenly, and numbered', () => {
  for (const alarm of [...dev, ...prod]) expect(metricsOf(alarm)).toBeLessThanOrEqual(10);
  const define = (name: string, group: readonly number[]): AlarmDefinition => ({
    name: `${name} ${group.join(' ')}`,
    says: '',
    metric: new Metric({ namespace: 'a', metricName: 'b', period: Duration.minutes(1) }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 1,
    tellsTheEnd: false,
  });
  const namesFor = (count: number) =>
    inGroups(
      'x',
      Array.from({ length: count }, (_, index) => index),
      define,
    ).map(({ name }) => name);
  expect(namesFor(10)).toEqual(['x 0 1 2 3 4 5 6 7 8 9']);
  expect(namesFor(11)).toEqual(['x 0 1 2 3 4 5', 'x-2 6 7 8 9 10']);
});

test('every dead-letter queue, work queue and function is watched', () => {
  const count = (stack: StackName, type: string) => Object.keys(templates.prod[stack].findResources(type)).length;
  const read = (kind: string) => sum(prod.filter((alarm) => kindOf(alarm) === kind).map(metricsOf));
  expect(read('dead-letters')).toBe(count('dead-letter', 'AWS::SQS::Queue'));
  expect(read('oldest-message')).toBe(count('api', 'AWS::SQS::Queue'));
  expect(read('api-function-errors') + read('worker-errors')).toBe(count('api', 'AWS::Lambda::Function'));
});
