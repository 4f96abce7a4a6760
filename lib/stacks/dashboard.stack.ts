import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from '../alarms/alarms.construct.ts';
import { StageDashboard } from '../dashboard/dashboard.construct.ts';
import { ApplicationMetrics } from '../platform/application-metrics.ts';
import { resourcesOf, type WatchedStacks } from '../platform/stage-resources.ts';
import type { StageConfig } from '../stage-config.ts';

export interface DashboardStackProps extends StackProps, WatchedStacks {
  readonly config: StageConfig;
}

/** What operators see of a stage, and what wakes them. */
export class DashboardStack extends Stack {
  constructor(scope: Construct, id: string, { config, api, cognito, storage, deadLetter, ...props }: DashboardStackProps) {
    super(scope, id, props);
    const resources = resourcesOf({ api, cognito, storage, deadLetter }, config);
    const metrics = new ApplicationMetrics(`manuel-${config.name}`);
    const alarms = new Alarms(this, 'Alarms', { config, resources, metrics, topic: deadLetter.alertTopic });
    new StageDashboard(this, 'Dashboard', { config, resources, metrics, alarms: alarms.all });
  }
}
