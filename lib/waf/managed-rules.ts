import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

type RuleProperty = CfnWebACL.RuleProperty;

/** A group of rules that AWS writes and keeps up to date; unversioned, so that a new pattern protects without a deployment. */
interface ManagedGroup {
  readonly name: string;
  /** Rules that look into bodies: they count and put a label on, and `BODY_LABELS` decides what comes of it. */
  readonly bodyRules?: readonly string[];
  /** Where the labels of its rules begin. */
  readonly labels?: string;
  /** Rules that count, and of which nothing else comes. */
  readonly countedRules?: readonly string[];
  /** Counts what the whole group finds, and blocks nothing of it. */
  readonly counts?: true;
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html */
export const IP_REPUTATION: ManagedGroup = { name: 'AWSManagedRulesAmazonIpReputationList' };
/** VPNs, proxies and hosting providers. Users of ours have VPNs: it tells how many, and turns nobody away. */
export const ANONYMOUS_IPS: ManagedGroup = { name: 'AWSManagedRulesAnonymousIpList', counts: true };

/** This and the next: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html. */
export const KNOWN_BAD_INPUTS: ManagedGroup = {
  name: 'AWSManagedRulesKnownBadInputsRuleSet',
  labels: 'awswaf:managed:aws:known-bad-inputs:',
  bodyRules: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
};
export const COMMON_RULES: ManagedGroup = {
  name: 'AWSManagedRulesCommonRuleSet',
  labels: 'awswaf:managed:aws:core-rule-set:',
  bodyRules: ['CrossSiteScripting_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'EC2MetaDataSSRF_BODY'],
  // It blocks bodies of more than 8 KB: recordings. API Gateway refuses above 10 MB, the functions above what their stage takes.
  countedRules: ['SizeRestrictions_BODY'],
};
/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-use-case.html */
export const SQL_INJECTION: ManagedGroup = {
  name: 'AWSManagedRulesSQLiRuleSet',
  labels: 'awswaf:managed:aws:sql-database:',
  bodyRules: ['SQLi_BODY', 'SQLiExtendedPatterns_BODY'],
};

/** The labels of the rules that look into bodies. As AWS writes them, `SQLi_BODY` puts `…:SQLi_Body` on. */
export const BODY_LABELS: readonly string[] = [KNOWN_BAD_INPUTS, COMMON_RULES, SQL_INJECTION].flatMap(({ labels = '', bodyRules = [] }) =>
  bodyRules.map((rule) => `${labels}${rule.replace(/_BODY$/, '_Body')}`),
);

/** What a rule that takes a group in has in place of a statement and an action. */
export function managed(group: ManagedGroup): Pick<RuleProperty, 'statement' | 'overrideAction'> {
  const { name, bodyRules = [], countedRules = [], counts } = group;
  const overrides = [...bodyRules, ...countedRules].map((rule) => ({ name: rule, actionToUse: { count: {} } }));
  return {
    // An empty list of overrides WAF refuses.
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name, ...(overrides.length > 0 && { ruleActionOverrides: overrides }) } },
    overrideAction: counts ? { count: {} } : { none: {} },
  };
}
