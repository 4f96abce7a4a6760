import { AlarmStatusWidget, Dashboard, type IAlarm, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ApplicationMetrics } from '../platform/application-metrics.ts';
import type { StageResources } from '../platform/stage-resources.ts';
import type { StageConfig } from '../stage-config.ts';
import { cost } from './cost.ts';
import { operations } from './operations.ts';
import { security } from './security.ts';

export interface StageDashboardProps {
  readonly config: StageConfig;
  readonly resources: StageResources;
  readonly metrics: ApplicationMetrics;
  readonly alarms: readonly IAlarm[];
}

/**
 * The one dashboard of a stage, `Manuel-<stage>`. Three of an account are free (https://aws.amazon.com/cloudwatch/pricing/). It draws only
 * what somebody emits.
 */
export class StageDashboard extends Construct {
  constructor(scope: Construct, id: string, { config, resources, metrics, alarms }: StageDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `Manuel-${config.name}`,
      // Each chart says itself what one of its points covers.
      periodOverride: PeriodOverride.INHERIT,
    });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 }));
    for (const widget of [...operations(resources, metrics), ...security(resources, metrics), ...cost(metrics)]) {
      dashboard.addWidgets(widget);
    }
  }
}
