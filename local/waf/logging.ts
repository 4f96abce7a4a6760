import * as z from 'zod';
import type { InspectedRequest } from '../platform/firewall.ts';
import type { Rule } from './rule.ts';
import type { Verdict, WebAcl } from './web-acl.ts';

const behavior = z.enum(['KEEP', 'DROP']);
/** Of the fields that could be redacted, headers are; of the conditions, those on actions. */
export const loggingProperties = z.strictObject({
  ResourceArn: z.string(),
  LogDestinationConfigs: z.array(z.string()).length(1),
  RedactedFields: z.array(z.strictObject({ SingleHeader: z.strictObject({ Name: z.string() }) })).default([]),
  LoggingFilter: z
    .strictObject({
      DefaultBehavior: behavior,
      Filters: z
        .array(
          z.strictObject({
            Behavior: behavior,
            Requirement: z.enum(['MEETS_ALL', 'MEETS_ANY']),
            Conditions: z
              .array(z.strictObject({ ActionCondition: z.strictObject({ Action: z.enum(['ALLOW', 'BLOCK', 'COUNT']) }) }))
              .min(1),
          }),
        )
        .min(1),
    })
    .optional(),
});

export type LoggingProperties = z.output<typeof loggingProperties>;

/** What a request came to. */
export interface Source {
  /** As in `httpSourceName`. */
  readonly name: 'APIGW' | 'COGNITOIDP';
  readonly id: string;
}

/** Whether a filter keeps it: the first whose conditions are met decides (https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingFilter.html). */
export function isLogged({ LoggingFilter: filter }: LoggingProperties, { action, counted }: Verdict): boolean {
  if (!filter) return true;
  const actions = new Set<string>([action, ...counted.map((rule) => rule.action)]);
  const met = filter.Filters.find(({ Requirement, Conditions }) => {
    const meets = ({ ActionCondition }: (typeof Conditions)[number]) => actions.has(ActionCondition.Action);
    return Requirement === 'MEETS_ALL' ? Conditions.every(meets) : Conditions.some(meets);
  });
  return (met?.Behavior ?? filter.DefaultBehavior) === 'KEEP';
}

/** The line that WAF writes (https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html). */
export function logLine(
  acl: WebAcl,
  logging: LoggingProperties,
  source: Source,
  request: InspectedRequest,
  verdict: Verdict,
  nowMs: number,
): string {
  const { terminating, counted, labels } = verdict;
  const secret = new Set([...acl.protectedHeaders, ...logging.RedactedFields.map(({ SingleHeader }) => SingleHeader.Name.toLowerCase())]);
  return JSON.stringify({
    timestamp: nowMs,
    formatVersion: 1,
    webaclId: acl.arn,
    terminatingRuleId: terminating?.name ?? 'Default_Action',
    terminatingRuleType: terminating?.rate ? 'RATE_BASED' : 'REGULAR',
    action: verdict.action,
    terminatingRuleMatchDetails: [],
    httpSourceName: source.name,
    httpSourceId: source.id,
    ruleGroupList: [],
    rateBasedRuleList: [...counted, ...(terminating ? [terminating] : [])].flatMap((rule) => rateOf(acl, rule, request)),
    nonTerminatingMatchingRules: counted.map(({ name }) => ({ ruleId: name, action: 'COUNT', ruleMatchDetails: [] })),
    requestHeadersInserted: null,
    responseCodeSent: null,
    httpRequest: {
      clientIp: request.sourceIp,
      country: '-',
      headers: request.headers.map(([name, value]) => ({ name, value: secret.has(name.toLowerCase()) ? 'REDACTED' : value })),
      uri: request.path,
      args: request.queryString,
      httpVersion: 'HTTP/1.1',
      httpMethod: request.method,
      requestId: request.requestId,
    },
    ...(labels.length > 0 && { labels: labels.map((name) => ({ name })) }),
  });
}

function rateOf({ arn }: WebAcl, { name, rate }: Rule, { sourceIp }: InspectedRequest): object[] {
  if (!rate) return [];
  const { limit, windowSeconds } = rate;
  return [
    {
      rateBasedRuleId: `${arn}/${name}`,
      rateBasedRuleName: name,
      limitKey: 'IP',
      maxRateAllowed: limit,
      evaluationWindowSec: String(windowSeconds),
      limitValue: sourceIp,
    },
  ];
}
