import { REQUEST_METRICS, SECURITY_METRICS } from '../../lambdas/shared/metrics.contract.ts';
import { FOREIGN_PASSAGE } from '../../lambdas/shared/retrieval.contract.ts';
import { SPEND_METRICS } from '../../lambdas/spend/spend.contract.ts';
import { stageConfig } from '../../lib/stages.ts';
import type { MetricIdentity } from '../../local/cloudwatch/metric-store.ts';
import { declaredMetrics, flat, readingsOf, reviewMetrics } from '../support/metrics.ts';
import { templatesOf } from '../support/templates.ts';

const templates = { dev: templatesOf(stageConfig('dev')), prod: templatesOf(stageConfig('prod')) };

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title?: string; readonly markdown?: string; readonly metrics?: unknown[][]; readonly query?: string };
}

function widgetsOf(stage: 'dev' | 'prod'): Widget[] {
  const [dashboard, ...others] = Object.values(templates[stage].dashboard.findResources('AWS::CloudWatch::Dashboard'));
  expect(others).toEqual([]);
  expect(dashboard?.Properties.DashboardName).toBe(`Manuel-${stage}`);
  return JSON.parse(flat(dashboard?.Properties.DashboardBody)).widgets;
}
const titlesOf = (widgets: Widget[]) => widgets.flatMap(({ properties: { title } }) => title ?? []);

test('there is one dashboard, which begins with the alarms and has a section for each concern', () => {
  const widgets = widgetsOf('prod');
  expect(widgets[0]).toMatchObject({ type: 'alarm', y: 0 });
  expect(widgets.flatMap(({ properties: { markdown } }) => markdown ?? [])).toEqual(['# Operations', '# Security', '# Cost']);
});

test('its widgets fill the width side by side, and none lies upon another', () => {
  for (const stage of ['dev', 'prod'] as const) {
    const taken = new Set<string>();
    const rows = new Map<number, number>();
    for (const { x, y, width, height } of widgetsOf(stage)) {
      expect(x + width).toBeLessThanOrEqual(24);
      rows.set(y, (rows.get(y) ?? 0) + width);
      for (let column = x; column < x + width; column += 1) {
        for (let line = y; line < y + height; line += 1) {
          expect(taken).not.toContain(`${column} ${line}`);
          taken.add(`${column} ${line}`);
        }
      }
    }
    expect([...rows.values()]).toEqual([...rows.values()].map(() => 24));
  }
});

test('what a stage does not have is not drawn', () => {
  const [dev, prod] = [titlesOf(widgetsOf('dev')), titlesOf(widgetsOf('prod'))];
  expect(prod.filter((title) => !dev.includes(title))).toEqual(['Blocked by the web ACL, by rule']);
});

describe('what is read is held against what is emitted', () => {
  const service = 'manuel-prod';
  const readings = readingsOf(templates.prod.dashboard);
  let declared: Awaited<ReturnType<typeof declaredMetrics>>;
  let seen: MetricIdentity[];

  /** One metric of each declaration, with values that somebody reads. */
  beforeAll(async () => {
    declared = await declaredMetrics();
    const values: Record<string, string[]> = { Kind: [FOREIGN_PASSAGE], StatusCode: ['429'] };
    seen = declared.flatMap(({ name, dimensions }) => {
      const [several = ['any']] = dimensions.flatMap((dimension) => (values[dimension] ? [values[dimension]] : []));
      return several.map((value) => ({
        namespace: 'Manuel/Application',
        name,
        dimensions: { service: 'manuel-dev', ...Object.fromEntries(dimensions.map((dimension) => [dimension, value])) },
      }));
    });
  });

  const review = (metrics: readonly MetricIdentity[]) => reviewMetrics(metrics, readings, declared, service);
  const instead = (name: string, change: (metric: MetricIdentity) => MetricIdentity) =>
    review(seen.map((metric) => (metric.name === name ? change(metric) : metric))).complaints;

  test('and they agree', () => {
    expect(review(seen)).toEqual({ read: expect.any(Array), unread: [], complaints: [] });
  });

  test('a metric that is emitted by another name is missed by each that reads it', () => {
    const { name } = SPEND_METRICS.refused;
    expect(instead(name, (metric) => ({ ...metric, name: 'Renamed' }))).toEqual([
      expect.stringMatching(/^Read by "Manuel-prod-api-server-errors", and emitted by nobody: SpendCapRefusal/),
      expect.stringMatching(/^Read by "Refused for the spend cap", and emitted by nobody/),
      'Emitted, and declared by no contract so: Renamed by service',
      'Declared, and emitted in no test: SpendCapRefusal',
    ]);
  });

  test.each([
    [
      'another dimension',
      REQUEST_METRICS.count.name,
      { service: 'manuel-dev', Function: 'query', Code: '200' },
      'Requests by function and status',
    ],
    ['a dimension more', SPEND_METRICS.reached.name, { service: 'manuel-dev', Model: 'x' }, 'Manuel-prod-spend-cap-reached'],
    ['another value', SECURITY_METRICS.event.name, { service: 'manuel-dev', Kind: 'Other' }, 'Manuel-prod-foreign-passages'],
  ])('so is one with %s', (_, name, dimensions, reader) => {
    expect(instead(name, (metric) => ({ ...metric, dimensions }))).toContainEqual(expect.stringContaining(`Read by "${reader}"`));
  });

  test('a metric that nobody reads is listed; nothing at all is no proof', () => {
    expect(review([...seen, { namespace: 'Manuel/Application', name: 'Aside', dimensions: {} }]).unread).toEqual(['Aside by service']);
    expect(review([]).complaints[0]).toBe('No runtime has noted metrics of ours.');
  });
});
