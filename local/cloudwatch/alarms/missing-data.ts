export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** How data points decide about an alarm. */
export interface Verdict {
  /** How many of the latest data points count. */
  readonly evaluationPeriods: number;
  /** How many of them must be past the threshold. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
}

/**
 * More data points than count are looked at, so that a real one that is older takes the place of one that is missing. How many more AWS
 * does not say; its examples have five for three.
 */
export const FURTHER_DATAPOINTS = 2;

/**
 * The state that these data points give an alarm, oldest first: whether each is past the threshold, undefined where it is missing
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
 */
export function judge(
  datapoints: readonly (boolean | undefined)[],
  { evaluationPeriods, datapointsToAlarm, missingData }: Verdict,
  current: AlarmState,
): AlarmState {
  const real = datapoints.filter((breaching) => breaching !== undefined).slice(-evaluationPeriods);
  const breaching = real.filter(Boolean).length;
  const missing = evaluationPeriods - real.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (missing === 0) return 'OK';
  if (missingData === 'notBreaching') return 'OK';
  if (missingData === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  const someAreFine = real.length > 0 && breaching < Math.min(datapointsToAlarm, real.length);
  if (someAreFine) return 'OK';
  if (missingData === 'ignore') return current;
  return real.length === 0 ? 'INSUFFICIENT_DATA' : 'ALARM';
}
