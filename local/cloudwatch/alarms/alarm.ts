import type { MetricStore } from '../metric-store.ts';
import { type AlarmProperties, COMPARISONS } from './alarm-properties.ts';
import { type Data, type Expression, readExpression, type Series, seriesOf } from './metric-math.ts';
import { type AlarmState, FURTHER_DATAPOINTS, judge } from './missing-data.ts';

/** That an alarm's state has changed. */
export interface StateChange {
  readonly from: AlarmState;
  readonly atMs: number;
}

/** An alarm with the state that it is in. */
export class Alarm {
  readonly arn: string;
  readonly properties: AlarmProperties;
  readonly #expressions: ReadonlyMap<string, Expression>;
  #state: AlarmState = 'INSUFFICIENT_DATA';
  #reason = 'Unchecked: Initial alarm creation';
  #since: number;

  constructor(arn: string, properties: AlarmProperties, createdAtMs: number) {
    this.arn = arn;
    this.properties = properties;
    this.#since = createdAtMs;
    this.#expressions = new Map(
      properties.queries.flatMap(({ Id, Expression: text }) => (text === undefined ? [] : [[Id, readExpression(text)]])),
    );
    // An id that there is not is found now rather than when it is looked at.
    this.#seriesOf(properties.compared, { find: () => undefined }, [], []);
  }

  get state(): AlarmState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Since when it is in its state, in milliseconds since the epoch. */
  get since(): number {
    return this.#since;
  }

  /** Whom a state is told. */
  actionsFor(state: AlarmState): readonly string[] {
    const { ActionsEnabled, AlarmActions, OKActions, InsufficientDataActions } = this.properties;
    if (!ActionsEnabled) return [];
    return { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[state];
  }

  /** Looks at the data points of the periods that end with this minute. Gives what changed, if anything did. */
  evaluate(store: Pick<MetricStore, 'find'>, atMs: number): StateChange | undefined {
    const { EvaluationPeriods, DatapointsToAlarm, TreatMissingData, ComparisonOperator, Threshold, compared, periodMs } = this.properties;
    const length = EvaluationPeriods + FURTHER_DATAPOINTS;
    const moments = Array.from({ length }, (_, index) => atMs - (length - index) * periodMs);
    const series = this.#seriesOf(compared, store, moments, []);
    const datapoints = moments.map((moment) => series.get(moment));
    const { holds, words } = COMPARISONS[ComparisonOperator];
    const state = judge(
      datapoints.map((value) => (value === undefined ? undefined : holds(value, Threshold))),
      { evaluationPeriods: EvaluationPeriods, datapointsToAlarm: DatapointsToAlarm, missingData: TreatMissingData },
      this.#state,
    );
    const known = datapoints.flatMap((value) => value ?? []).slice(-EvaluationPeriods);
    const enough = state === 'ALARM' ? `at least ${DatapointsToAlarm}` : `fewer than ${DatapointsToAlarm}`;
    return this.change(state, `Of the last data points [${known.join(', ')}], ${enough} were ${words} the threshold ${Threshold}.`, atMs);
  }

  /** Gives it a state, for a reason. */
  change(state: AlarmState, reason: string, atMs: number): StateChange | undefined {
    if (state === this.#state) return undefined;
    const from = this.#state;
    this.#state = state;
    this.#reason = reason;
    this.#since = atMs;
    return { from, atMs };
  }

  #seriesOf(id: string, store: Pick<MetricStore, 'find'>, moments: readonly number[], asking: readonly string[]): Series {
    const { queries, periodMs } = this.properties;
    const stat = queries.find(({ Id }) => Id === id)?.MetricStat;
    if (stat) {
      const { Namespace: namespace, MetricName: name, Dimensions } = stat.Metric;
      const metric = store.find({ namespace, name, dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])) });
      const points = moments.map((moment) => [moment, metric?.over(stat.Stat, moment, moment + periodMs)] as const);
      return new Map(points.flatMap(([moment, value]): [number, number][] => (value === undefined ? [] : [[moment, value]])));
    }
    const expression = this.#expressions.get(id);
    if (!expression || asking.includes(id))
      throw new Error(`the alarm ${this.properties.AlarmName} has no metric ${id}, or one that needs itself`);
    const data: Data = { moments, seriesOf: (other) => this.#seriesOf(other, store, moments, [...asking, id]) };
    return seriesOf(expression, data);
  }
}
