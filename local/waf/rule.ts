import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import { RequestRate } from './request-rate.ts';
import { compileStatement, type IpSets, type Matches } from './statement.ts';

export type RuleAction = 'ALLOW' | 'BLOCK' | 'COUNT';

export const visibility = z.strictObject({
  MetricName: z.string(),
  CloudWatchMetricsEnabled: z.boolean(),
  SampledRequestsEnabled: z.boolean(),
});

export const ruleProperties = z.strictObject({
  Name: z.string(),
  Priority: z.int().nonnegative(),
  Action: z.record(z.string(), z.unknown()).optional(),
  OverrideAction: z.record(z.string(), z.unknown()).optional(),
  Statement: z.record(z.string(), z.unknown()),
  RuleLabels: z.array(z.strictObject({ Name: z.string() })).default([]),
  VisibilityConfig: visibility,
});

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
const rateBased = z.strictObject({
  Limit: z.int().min(10).max(2_000_000_000),
  EvaluationWindowSec: z.union([z.literal(60), z.literal(120), z.literal(300), z.literal(600)]).default(300),
  AggregateKeyType: z.literal('IP'),
  ScopeDownStatement: z.record(z.string(), z.unknown()).optional(),
});

/** Groups of AWS's that there are; they find nothing here. */
const managedGroup = z.looseObject({ VendorName: z.literal('AWS'), Name: z.string() });
const MANAGED_GROUPS = new Set([
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesAnonymousIpList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesSQLiRuleSet',
]);

const ACTIONS: Readonly<Record<string, RuleAction>> = { Allow: 'ALLOW', Block: 'BLOCK', Count: 'COUNT' };

/** A rule that is really evaluated. */
export interface Rule {
  readonly name: string;
  readonly metricName: string | undefined;
  readonly action: RuleAction;
  readonly matches: Matches;
  /** Without the prefix of the web ACL. */
  readonly labels: readonly string[];
  /** Of one that limits rates. */
  readonly rate?: { readonly limit: number; readonly windowSeconds: number };
}

/** Undefined for a group of AWS's. Throws what is wrong with a rule, and refuses by name what is not emulated. */
export function compileRule(properties: z.output<typeof ruleProperties>, sets: IpSets): Rule | undefined {
  const { Name: name, Statement: statement, Action, RuleLabels, VisibilityConfig } = properties;
  const { ManagedRuleGroupStatement: group, RateBasedStatement: rate } = statement;
  if (group !== undefined) {
    const { Name } = managedGroup.parse(group);
    if (!MANAGED_GROUPS.has(Name)) throw notEmulated(`the managed rule group ${Name}`);
    return undefined;
  }
  const rule = {
    name,
    metricName: metricNameOf(VisibilityConfig),
    action: actionOf(Action, `the rule ${name}`),
    labels: RuleLabels.map((label) => label.Name),
  };
  return rate === undefined ? { ...rule, matches: compileStatement(statement, sets) } : { ...rule, ...compileRate(rate, sets) };
}

/** A name for CloudWatch, where it is to count. */
export function metricNameOf({ MetricName, CloudWatchMetricsEnabled }: z.output<typeof visibility>): string | undefined {
  return CloudWatchMetricsEnabled ? MetricName : undefined;
}

/** Throws for an action with a setting of its own, such as a custom response, and refuses an unknown one by name. */
export function actionOf(action: Readonly<Record<string, unknown>> | undefined, whose: string): RuleAction {
  const [[name = 'none', settings = {}] = [], ...others] = Object.entries(action ?? {});
  const known = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!known || others.length > 0) throw notEmulated(`the action ${Object.keys(action ?? {}).join(', ') || name} of ${whose}`);
  const [setting] = Object.keys(settings as object);
  if (setting !== undefined) throw notEmulated(`${setting} in the action ${name} of ${whose}`);
  return known;
}

/**
 * AWS estimates, and may notice late; here the count is exact: what comes within a window above the limit meets the action, and
 * counts too (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-caveats.html).
 */
function compileRate(statement: unknown, sets: IpSets): Pick<Rule, 'matches' | 'rate'> {
  const { Limit: limit, EvaluationWindowSec: windowSeconds, ScopeDownStatement } = rateBased.parse(statement);
  const inScope = ScopeDownStatement === undefined ? () => true : compileStatement(ScopeDownStatement, sets);
  const requests = new RequestRate(windowSeconds);
  return {
    rate: { limit, windowSeconds },
    matches: (inspection) => inScope(inspection) && requests.note(inspection.address.toString(), inspection.nowMs) > limit,
  };
}
