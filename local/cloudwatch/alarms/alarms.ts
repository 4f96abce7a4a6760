import { AwsError, notEmulated } from '../../platform/call.ts';
import type { Clock } from '../../platform/clock.ts';
import { LOCAL_ACCOUNT, type Principal } from '../../platform/principal.ts';
import type { ResourceType, TemplateResource } from '../../platform/service.ts';
import type { MetricStore } from '../metric-store.ts';
import { Alarm, type StateChange } from './alarm.ts';
import { alarmMessage } from './alarm-message.ts';
import { type AlarmProperties, HONOURED, readAlarm } from './alarm-properties.ts';
import type { AlarmState } from './missing-data.ts';

const MINUTE_MS = 60_000;
/** When time is moved on by more, what alarms would have been before is passed over. */
const MAX_MINUTES = 24 * 60;

/** What CloudWatch needs of SNS. */
export interface AlertTopics {
  publishAs(principal: Principal, topicArn: string, notification: { readonly message: string; readonly subject: string }): Promise<unknown>;
}

export interface AlarmsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly topics: AlertTopics;
  /** Brings what is measured up to date, and gives it. */
  readonly metrics: () => Promise<MetricStore>;
  /** Whether anybody here emits a metric. */
  readonly isEmitted: (namespace: string, name: string) => boolean;
  /** Told of alarms that are raised, and of topics that cannot be told. */
  readonly report: (line: string) => void;
}

/** Every alarm. Each is looked at every minute of the clock, once there is one. */
export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #alarms = new Map<string, Alarm>();
  readonly #stopped = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  get resourceType(): ResourceType {
    return {
      type: 'AWS::CloudWatch::Alarm',
      honours: HONOURED,
      inert: { Tags: 'nothing local reads tags' },
      unmet: (properties) => this.#missingMetrics(readAlarm({ properties })),
      create: async (resource) => {
        const { arn, properties } = this.#create(resource);
        return { ref: properties.AlarmName, attributes: { Arn: arn } };
      },
    };
  }

  all(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Gives an alarm a state, which is told as any other; the next look at its metrics decides again. */
  async set(name: string, state: AlarmState, reason: string): Promise<void> {
    const alarm = this.#alarms.get(name);
    if (!alarm) throw new AwsError('ResourceNotFound', `Could not find the alarm ${name}.`, 404);
    await this.#tell(alarm, alarm.change(state, reason, this.#options.clock.now()));
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }

  #create(resource: TemplateResource): Alarm {
    const { clock, region } = this.#options;
    const properties = readAlarm(resource);
    const { AlarmName: name } = properties;
    if (this.#alarms.has(name)) throw notEmulated(`a second alarm ${name}`);
    const alarm = new Alarm(`arn:aws:cloudwatch:${region}:${LOCAL_ACCOUNT}:alarm:${name}`, properties, clock.now());
    this.#alarms.set(name, alarm);
    this.#watching ??= this.#watch();
    return alarm;
  }

  /** Each metric that an alarm reads, and that nobody here emits. */
  #missingMetrics({ AlarmName, queries }: AlarmProperties): Readonly<Record<string, string>> {
    const metrics = queries.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
    const missing = metrics.filter(({ Namespace, MetricName }) => !this.#options.isEmitted(Namespace, MetricName));
    return Object.fromEntries(
      missing.map(({ Namespace, MetricName }) => [
        `${Namespace} ${MetricName} for ${AlarmName}`,
        'nothing here emits it: to the alarm it is missing',
      ]),
    );
  }

  /** When time is moved past several minutes at once, each of them is looked at, in their order. */
  async #watch(): Promise<void> {
    const { clock } = this.#options;
    let next = minuteOf(clock.now()) + MINUTE_MS;
    for (;;) {
      await clock.sleep(Math.max(0, next - clock.now()), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      const now = Math.max(minuteOf(clock.now()), next);
      const store = await this.#options.metrics();
      for (next = Math.max(next, now - MAX_MINUTES * MINUTE_MS); next <= now; next += MINUTE_MS) {
        for (const alarm of this.all()) await this.#tell(alarm, alarm.evaluate(store, next));
      }
    }
  }

  async #tell(alarm: Alarm, change: StateChange | undefined): Promise<void> {
    if (!change) return;
    const { region, topics, report } = this.#options;
    if (alarm.state === 'ALARM') report(`The alarm ${alarm.properties.AlarmName} is raised: ${alarm.properties.AlarmDescription ?? ''}`);
    const principal: Principal = { kind: 'service', name: 'cloudwatch.amazonaws.com', sourceArn: alarm.arn };
    for (const topicArn of alarm.actionsFor(alarm.state)) {
      try {
        await topics.publishAs(principal, topicArn, alarmMessage(alarm, change, region));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        report(`The alarm ${alarm.properties.AlarmName} could not tell ${topicArn}: ${error.message}`);
      }
    }
  }
}

function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
