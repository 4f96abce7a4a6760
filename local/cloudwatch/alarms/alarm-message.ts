import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import type { Alarm, StateChange } from './alarm.ts';

/** What a topic is told of an alarm's new state (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html). */
export function alarmMessage(
  alarm: Alarm,
  { from, atMs }: StateChange,
  region: string,
): { readonly subject: string; readonly message: string } {
  const {
    AlarmName,
    AlarmDescription = null,
    AlarmActions,
    OKActions,
    InsufficientDataActions,
    queries,
    periodMs,
    ...rest
  } = alarm.properties;
  const { ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm, TreatMissingData } = rest;
  const message = {
    AlarmName,
    AlarmDescription,
    AWSAccountId: LOCAL_ACCOUNT,
    NewStateValue: alarm.state,
    NewStateReason: alarm.reason,
    StateChangeTime: new Date(atMs).toISOString().replace('Z', '+0000'),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: from,
    OKActions,
    AlarmActions,
    InsufficientDataActions,
    Trigger: {
      Period: periodMs / 1000,
      EvaluationPeriods,
      DatapointsToAlarm,
      ComparisonOperator,
      Threshold,
      TreatMissingData,
      Metrics: queries,
    },
  };
  return { subject: `${alarm.state}: "${AlarmName}" in ${region}`, message: JSON.stringify(message) };
}
