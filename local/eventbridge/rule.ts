import { notEmulated } from '../platform/call.ts';
import type { TemplateResource } from '../platform/service.ts';
import { compilePattern, type Matcher } from './event-pattern.ts';
import { InvalidPattern } from './pattern-operators.ts';
import { readSchedule, type Schedule } from './schedule-expression.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html: what holds when a target has no policy, too. */
const MAX_RETRY_ATTEMPTS = 185;
const MIN_EVENT_AGE_SECONDS = 60;
const MAX_EVENT_AGE_SECONDS = 24 * 3600;

/** What a target is, by the service in its ARN. */
const KINDS: Readonly<Record<string, Target['kind']>> = { sqs: 'queue', lambda: 'function' };
const SERVED_TARGET_MEMBERS = ['Arn', 'Id', 'DeadLetterConfig', 'RetryPolicy'];

export interface Target {
  readonly id: string;
  readonly kind: 'queue' | 'function';
  readonly arn: string;
  readonly deadLetterArn?: string;
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly enabled: boolean;
  /** A rule has a pattern, a schedule, or both. */
  readonly pattern?: object;
  readonly matches: Matcher;
  readonly scheduleExpression?: string;
  readonly schedule?: Schedule;
  readonly targets: readonly Target[];
}

interface RuleProperties {
  readonly Name?: string;
  readonly Description?: string;
  readonly EventBusName?: string;
  readonly EventPattern?: object;
  readonly ScheduleExpression?: string;
  readonly State?: string;
  readonly Targets?: readonly TargetProperties[];
}

interface TargetProperties {
  readonly Id: string;
  readonly Arn: string;
  readonly DeadLetterConfig?: { readonly Arn?: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
}

/** Reads an `AWS::Events::Rule` that is created now, and refuses by name what would be ignored otherwise. */
export function readRule(resource: TemplateResource, name: string, arn: string, nowMs: number): Rule {
  const properties = resource.properties as RuleProperties;
  const { path } = resource;
  const { EventPattern: pattern, ScheduleExpression: scheduleExpression } = properties;
  if (pattern === undefined && scheduleExpression === undefined) {
    throw new Error(`${path}: a rule needs an EventPattern or a ScheduleExpression`);
  }
  const { EventBusName: bus = 'default', State: state = 'ENABLED' } = properties;
  if (!isDefaultBus(bus)) throw notEmulated(`event buses other than the default one (${bus} of ${path})`);
  if (state !== 'ENABLED' && state !== 'DISABLED') throw notEmulated(`the rule state ${state} of ${path}`);
  return {
    name,
    arn,
    ...(properties.Description !== undefined && { description: properties.Description }),
    enabled: state === 'ENABLED',
    ...(pattern !== undefined && { pattern }),
    matches: pattern === undefined ? () => false : readPattern(pattern, path),
    ...(scheduleExpression !== undefined && { scheduleExpression, schedule: readTimes(scheduleExpression, path, nowMs) }),
    targets: (properties.Targets ?? []).map((target) => readTarget(target, path)),
  };
}

export function isDefaultBus(nameOrArn: string): boolean {
  return nameOrArn === 'default' || nameOrArn.endsWith(':event-bus/default');
}

function readPattern(pattern: object, path: string): Matcher {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new Error(`${path}: Event pattern is not valid. Reason: ${error.message}`);
  }
}

function readTimes(expression: string, path: string, nowMs: number): Schedule {
  try {
    return readSchedule(expression, nowMs);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readTarget(target: TargetProperties, path: string): Target {
  for (const member of Object.keys(target)) {
    if (!SERVED_TARGET_MEMBERS.includes(member)) throw notEmulated(`${member} of the target ${target.Id} of ${path}`);
  }
  const kind = KINDS[target.Arn.split(':')[2] ?? ''];
  if (kind === undefined) throw notEmulated(`targets other than SQS queues and Lambda functions (${target.Arn} of ${path})`);
  // A FIFO queue needs SqsParameters, which name the message group.
  if (target.Arn.endsWith('.fifo')) throw notEmulated(`FIFO queues as targets (${target.Arn} of ${path})`);
  const { MaximumRetryAttempts: attempts = MAX_RETRY_ATTEMPTS, MaximumEventAgeInSeconds: age = MAX_EVENT_AGE_SECONDS } =
    target.RetryPolicy ?? {};
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  return {
    id: target.Id,
    kind,
    arn: target.Arn,
    ...(deadLetterArn !== undefined && { deadLetterArn }),
    maxRetryAttempts: within(attempts, 0, MAX_RETRY_ATTEMPTS, `MaximumRetryAttempts of ${path}`),
    maxEventAgeSeconds: within(age, MIN_EVENT_AGE_SECONDS, MAX_EVENT_AGE_SECONDS, `MaximumEventAgeInSeconds of ${path}`),
  };
}

function within(value: number | string, least: number, most: number, what: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new RangeError(`${what} must be from ${least} to ${most}, not ${value}`);
}
