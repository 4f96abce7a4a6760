import * as z from 'zod';
import { AwsError, notEmulated } from '../../platform/call.ts';
import type { Alarm } from './alarm.ts';
import type { Alarms } from './alarms.ts';

const state = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);
const DESCRIBE = z.object({
  AlarmNames: z.array(z.string()).optional(),
  AlarmNamePrefix: z.string().default(''),
  StateValue: state.optional(),
});
const SET_STATE = z.object({ AlarmName: z.string(), StateValue: state, StateReason: z.string() });

/** The alarms that are asked for, all on one page (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html). */
export function describeAlarms(alarms: Alarms, input: object): object {
  const { AlarmNames, AlarmNamePrefix, StateValue } = read(DESCRIBE, input, 'DescribeAlarms');
  const asked = (alarm: Alarm) =>
    (AlarmNames?.includes(alarm.properties.AlarmName) ?? true) &&
    alarm.properties.AlarmName.startsWith(AlarmNamePrefix) &&
    (StateValue === undefined || alarm.state === StateValue);
  return { MetricAlarms: alarms.all().filter(asked).map(describe), CompositeAlarms: [] };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html */
export async function setAlarmState(alarms: Alarms, input: object): Promise<object> {
  const { AlarmName, StateValue, StateReason } = read(SET_STATE, input, 'SetAlarmState');
  await alarms.set(AlarmName, StateValue, StateReason);
  return {};
}

function describe({ arn, properties, state: StateValue, reason: StateReason, since }: Alarm): object {
  const { queries, compared: _compared, periodMs: _periodMs, ...rest } = properties;
  return { ...rest, AlarmArn: arn, Metrics: queries, StateValue, StateReason, StateUpdatedTimestamp: since / 1000 };
}

function read<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, input: object, operation: string): z.output<z.ZodObject<Shape>> {
  const other = Object.keys(input).find((name) => !(name in schema.shape));
  if (other !== undefined) throw notEmulated(`the member ${other} of ${operation}`);
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
  return parsed.data;
}
