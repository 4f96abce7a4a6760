import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { StageResources } from '../platform/stage-resources.ts';
import type { StageConfig } from '../stage-config.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { apiAlarms, apiServerErrors } from './api-alarms.ts';
import { bedrockThrottling, spendCapReached } from './model-alarms.ts';
import { failedSignIns, foreignPassages, wafBlocks } from './security-alarms.ts';
import { deadLetters, deadLettersOfWork, workAlarms } from './work-alarms.ts';

export interface AlarmsProps {
  readonly config: StageConfig;
  readonly resources: StageResources;
  readonly metrics: ApplicationMetrics;
  /** Who is told. */
  readonly topic: ITopic;
}

/**
 * Every alarm of a stage; docs/alarms.md explains each.
 *
 * CloudWatch charges for each metric that an alarm reads: nothing for the first ten of an account, then $0.10 a month
 * (https://aws.amazon.com/cloudwatch/pricing/). The development stage has the few that are worth those ten; the others have all of them.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #topic: ITopic;
  readonly #config: StageConfig;

  constructor(scope: Construct, id: string, { config, resources, metrics, topic }: AlarmsProps) {
    super(scope, id);
    this.#topic = topic;
    this.#config = config;
    const { api, deadLetterQueues } = resources;
    const hasAll = config.alarms === 'all';
    const essential = [
      apiServerErrors(api, metrics),
      ...deadLetters(hasAll ? deadLetterQueues : deadLettersOfWork(resources)),
      spendCapReached(metrics),
      foreignPassages(metrics),
    ];
    const others = [
      ...apiAlarms(api),
      ...workAlarms(resources),
      bedrockThrottling(metrics),
      failedSignIns(resources),
      ...wafBlocks(resources),
    ];
    this.all = [...essential, ...(hasAll ? others : [])].map((definition) => this.#alarm(definition));
  }

  #alarm({ name, says, metric, comparison, threshold, inARow = 1, tellsTheEnd }: AlarmDefinition): Alarm {
    const alarm = new Alarm(this, name, {
      alarmName: `Manuel-${this.#config.name}-${name}`,
      alarmDescription: `${says} docs/alarms.md#${name.replace(/-\d+$/, '')}`,
      metric,
      comparisonOperator: comparison,
      threshold,
      evaluationPeriods: inARow,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const tell = new SnsAction(this.#topic);
    alarm.addAlarmAction(tell);
    if (tellsTheEnd) alarm.addOkAction(tell);
    return alarm;
  }
}
