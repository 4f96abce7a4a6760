import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { InspectedRequest, Judgement } from '../platform/firewall.ts';
import { addressOf } from './ip-set.ts';
import { actionOf, compileRule, metricNameOf, type Rule, ruleProperties, visibility } from './rule.ts';
import type { IpSets } from './statement.ts';

const HEADER = 'SINGLE_HEADER';

export const webAclProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  Scope: z.literal('REGIONAL'),
  DefaultAction: z.record(z.string(), z.unknown()),
  Rules: z.array(ruleProperties).default([]),
  VisibilityConfig: visibility,
  DataProtectionConfig: z
    .strictObject({
      DataProtections: z.array(
        z.strictObject({
          Field: z.strictObject({ FieldType: z.string(), FieldKeys: z.array(z.string()).optional() }),
          Action: z.string(),
        }),
      ),
    })
    .optional(),
  Tags: z.unknown().optional(),
});

type Properties = z.output<typeof webAclProperties>;

/** What became of a request. */
export interface Verdict {
  readonly action: Judgement;
  /** The rule that ended it; none when no rule did and the default action was taken. */
  readonly terminating: Rule | undefined;
  readonly counted: readonly Rule[];
  readonly labels: readonly string[];
}

/** A web ACL: rules in their order, of which the first that allows or blocks decides. */
export class WebAcl {
  readonly arn: string;
  readonly name: string;
  /** The dimension `WebACL` in CloudWatch; undefined when it counts nothing there. */
  readonly metricName: string | undefined;
  /** Headers whose values nobody is shown, in lower case. */
  readonly protectedHeaders: readonly string[];
  readonly #rules: readonly Rule[];
  readonly #defaultAction: Judgement;
  readonly #labelPrefix: string;

  /** Throws what is wrong with it, and refuses by name what is not emulated. */
  constructor(arn: string, name: string, labelPrefix: string, properties: Properties, sets: IpSets) {
    this.arn = arn;
    this.name = name;
    this.#labelPrefix = labelPrefix;
    this.metricName = metricNameOf(properties.VisibilityConfig);
    this.protectedHeaders = protectedHeadersOf(properties);
    const action = actionOf(properties.DefaultAction, `the web ACL ${name}`);
    if (action === 'COUNT') throw new Error('the default action of a web ACL is to allow or to block');
    this.#defaultAction = action;
    const rules = properties.Rules.toSorted((one, other) => one.Priority - other.Priority);
    if (new Set(rules.map(({ Priority }) => Priority)).size < rules.length) throw new Error('two rules have the same priority');
    this.#rules = rules.flatMap((rule) => compileRule(rule, sets) ?? []);
  }

  inspect(request: InspectedRequest, nowMs: number): Verdict {
    const inspection = { request, address: addressOf(request.sourceIp), nowMs, labels: new Set<string>() };
    const counted: Rule[] = [];
    for (const rule of this.#rules) {
      if (!rule.matches(inspection)) continue;
      for (const label of rule.labels) inspection.labels.add(this.#labelPrefix + label);
      if (rule.action !== 'COUNT') return { action: rule.action, terminating: rule, counted, labels: [...inspection.labels] };
      counted.push(rule);
    }
    return { action: this.#defaultAction, terminating: undefined, counted, labels: [...inspection.labels] };
  }
}

/** Bodies are protected as it is: they are in no log here. */
function protectedHeadersOf({ DataProtectionConfig }: Properties): string[] {
  return (DataProtectionConfig?.DataProtections ?? []).flatMap(({ Field: { FieldType, FieldKeys }, Action }) => {
    if (Action !== 'SUBSTITUTION') throw notEmulated(`the data protection ${Action} of WAF`);
    if (FieldType === 'BODY') return [];
    if (FieldType !== HEADER || !FieldKeys) throw notEmulated(`the protection of ${FieldType} without keys, or of such a field, of WAF`);
    return FieldKeys.map((key) => key.toLowerCase());
  });
}
