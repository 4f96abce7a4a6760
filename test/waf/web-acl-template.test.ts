import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { StageConfig } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';
import { BODY_LABELS } from '../../lib/waf/managed-rules.ts';
import { WebAcl } from '../../lib/waf/web-acl.construct.ts';
import { appOf, templatesOf } from '../support/templates.ts';

const prod = stageConfig('prod');
const whole = templatesOf(prod);
const open = webAclOf({ ...prod, rateLimits: { userPerMinute: 50, ipPerMinute: 700 } });
const listed = webAclOf({ ...prod, ipAllowlist: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7/32'] });
const ACL = 'AWS::WAFv2::WebACL';

/** The web ACL of a stage without the rest of it. */
function webAclOf(config: StageConfig): Template {
  const app = new App({ builtinCloudFormationValidation: false, context: { '@aws-cdk/core:enablePartitionLiterals': true } });
  const stack = new Stack(app, 'Test', { env: { region: config.region } });
  new WebAcl(stack, 'WebAcl', config);
  return Template.fromStack(stack);
}

interface Rule {
  readonly Name: string;
  readonly Priority: number;
  readonly Action?: object;
  readonly OverrideAction?: object;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever statement there is
  readonly Statement: any;
  readonly VisibilityConfig: object;
}

const aclOf = (template: Template) => Object.entries(template.findResources(ACL))[0] ?? ['', undefined];
const rulesOf = (template: Template): Rule[] => aclOf(template)[1]?.Properties.Rules;
const ruleOf = (name: string, template = open): Rule => {
  const rule = rulesOf(template).find(({ Name }) => Name === name);
  if (!rule) throw new Error(`there is no rule ${name}`);
  return rule;
};
const overridesOf = (name: string) => ruleOf(name).Statement.ManagedRuleGroupStatement.RuleActionOverrides;
const counted = (...names: string[]) => names.map((Name) => ({ Name, ActionToUse: { Count: {} } }));
const groupOf = (name: string) => ruleOf(name).Statement.ManagedRuleGroupStatement.Name;
const endsWith = (paths: string) => ({
  RegexMatchStatement: {
    FieldToMatch: { UriPath: {} },
    RegexString: paths,
    TextTransformations: [{ Priority: 0, Type: 'URL_DECODE' }],
  },
});

describe('a web ACL', () => {
  test('is there where the stage says so, and nowhere else', () => {
    whole.waf?.resourceCountIs(ACL, 1);
    for (const waf of [true, false]) {
      expect(appOf({ ...stageConfig('dev'), waf }).stage.node.tryFindChild('waf') !== undefined).toBe(waf);
    }
  });

  test('stands before the API’s stage and the user pool', () => {
    const webAclArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^WebAcl'), 'Arn'] };
    const output = (stack: string, name: string) => ({
      'Fn::GetStackOutput': Match.objectLike({ StackName: `Manuel-prod-${stack}`, OutputName: Match.stringLikeRegexp(name) }),
    });
    const stage = ['arn:aws:apigateway:eu-west-1::/restapis/', output('api', 'RestApi'), '/stages/', output('api', 'DeploymentStagev1')];
    for (const ResourceArn of [{ 'Fn::Join': ['', stage] }, output('cognito', 'UserPool.*Arn')]) {
      whole.waf?.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn, WebACLArn: webAclArn });
    }
    whole.waf?.resourceCountIs('AWS::WAFv2::WebACLAssociation', 2);
    open.hasResourceProperties(ACL, { Scope: 'REGIONAL', DefaultAction: { Allow: {} } });
  });

  test('has its rules in their order, the cheapest refusals first', () => {
    const names = [
      'RatePerIp',
      'CostlyRatePerIp',
      'IpReputation',
      'KnownBadInputs',
      'CommonRules',
      'SqlInjection',
      'Bodies',
      'AnonymousIps',
    ];
    expect(rulesOf(open).map(({ Name }) => Name)).toEqual(names);
    expect(rulesOf(listed).map(({ Name }) => Name)).toEqual(['IpAllowlist', ...names]);
    for (const template of [open, listed]) {
      expect(rulesOf(template).map(({ Priority }) => Priority)).toEqual([...rulesOf(template).keys()]);
    }
  });

  test('counts everything under names of its own, and keeps samples', () => {
    const visible = (MetricName: string) => ({ MetricName, CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true });
    for (const { Name, VisibilityConfig } of rulesOf(listed)) expect(VisibilityConfig).toEqual(visible(Name));
    listed.hasResourceProperties(ACL, { VisibilityConfig: visible('manuel-prod') });
  });
});

describe('addresses', () => {
  test('off the allowlist are blocked, by the address of the connection and not by what a header says', () => {
    const sets = Object.entries(listed.findResources('AWS::WAFv2::IPSet'));
    expect(sets.map(([, { Properties }]) => [Properties.IPAddressVersion, Properties.Scope, Properties.Addresses])).toEqual([
      ['IPV4', 'REGIONAL', ['203.0.113.0/24', '198.51.100.7/32']],
      ['IPV6', 'REGIONAL', ['2001:db8::/32']],
    ]);
    const among = sets.map(([id]) => ({ IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } } }));
    const { Action, Statement } = ruleOf('IpAllowlist', listed);
    expect(Action).toEqual({ Block: {} });
    expect(Statement).toEqual({ NotStatement: { Statement: { OrStatement: { Statements: among } } } });
    expect(JSON.stringify(rulesOf(listed))).not.toMatch(/Forwarded/i);
  });

  test('of one version need one set and no OR, which WAF refuses for one', () => {
    const waf = webAclOf({ ...prod, ipAllowlist: ['2001:db8::/32'] });
    const [[id = ''] = []] = Object.entries(waf.findResources('AWS::WAFv2::IPSet'));
    waf.hasResourceProperties(ACL, {
      Rules: Match.arrayWith([
        Match.objectLike({
          Statement: { NotStatement: { Statement: { IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } } } } },
        }),
      ]),
    });
  });

  test('may send, in any 60 seconds, all that the functions take in the two minutes that these touch', () => {
    const rate = { EvaluationWindowSec: 60, AggregateKeyType: 'IP' };
    expect(ruleOf('RatePerIp')).toMatchObject({ Action: { Block: {} }, Statement: { RateBasedStatement: { ...rate, Limit: 8400 } } });
    expect(ruleOf('RatePerIp').Statement.RateBasedStatement).not.toHaveProperty('ScopeDownStatement');
    expect(ruleOf('CostlyRatePerIp')).toMatchObject({ Action: { Block: {} }, Statement: { RateBasedStatement: { ...rate, Limit: 1400 } } });
  });

  test('have a tighter limit for what costs money, which preflights are not', () => {
    const post = { FieldToMatch: { Method: {} }, PositionalConstraint: 'EXACTLY', SearchString: 'POST' };
    expect(ruleOf('CostlyRatePerIp').Statement.RateBasedStatement.ScopeDownStatement).toEqual({
      AndStatement: {
        Statements: [
          { ByteMatchStatement: { ...post, TextTransformations: [{ Priority: 0, Type: 'NONE' }] } },
          endsWith('(?:/api/query|/api/transcribe|/api/manuals/upload)/*$'),
        ],
      },
    });
  });

  test('have no limit that WAF would refuse as too low', () => {
    const waf = webAclOf({ ...prod, rateLimits: { userPerMinute: 1, ipPerMinute: 1 } });
    const limits = Object.values(waf.findResources(ACL))
      .flatMap(({ Properties }) => Properties.Rules as Rule[])
      .flatMap(({ Statement }) => Statement.RateBasedStatement?.Limit ?? []);
    expect(limits).toEqual([12, 10]);
  });
});

describe('AWS’s groups', () => {
  test('are there, each with what it blocks, and anonymous addresses are counted', () => {
    expect(['IpReputation', 'KnownBadInputs', 'CommonRules', 'SqlInjection', 'AnonymousIps'].map(groupOf)).toEqual([
      'AWSManagedRulesAmazonIpReputationList',
      'AWSManagedRulesKnownBadInputsRuleSet',
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesSQLiRuleSet',
      'AWSManagedRulesAnonymousIpList',
    ]);
    for (const name of ['IpReputation', 'KnownBadInputs', 'CommonRules', 'SqlInjection']) {
      expect(ruleOf(name).OverrideAction).toEqual({ None: {} });
    }
    expect(ruleOf('AnonymousIps').OverrideAction).toEqual({ Count: {} });
  });

  test('only count what they find in bodies, and how long these are', () => {
    expect(overridesOf('KnownBadInputs')).toEqual(counted('JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'));
    const common = ['CrossSiteScripting_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'EC2MetaDataSSRF_BODY', 'SizeRestrictions_BODY'];
    expect(overridesOf('CommonRules')).toEqual(counted(...common));
    expect(overridesOf('SqlInjection')).toEqual(counted('SQLi_BODY', 'SQLiExtendedPatterns_BODY'));
    for (const name of ['IpReputation', 'AnonymousIps']) expect(overridesOf(name)).toBeUndefined();
  });

  test('have bodies blocked all the same on the API, but for questions and recordings', () => {
    const { Action, Statement } = ruleOf('Bodies');
    expect(Action).toEqual({ Block: {} });
    const [found, ofApi, free] = Statement.AndStatement.Statements;
    expect(found.OrStatement.Statements).toEqual(BODY_LABELS.map((Key) => ({ LabelMatchStatement: { Scope: 'LABEL', Key } })));
    expect(ofApi.ByteMatchStatement).toMatchObject({
      FieldToMatch: { UriPath: {} },
      PositionalConstraint: 'CONTAINS',
      SearchString: '/api/',
    });
    expect(free).toEqual({ NotStatement: { Statement: endsWith('(?:/api/query|/api/transcribe)/*$') } });
  });

  test('put labels on as AWS documents them', () => {
    expect(BODY_LABELS).toEqual([
      'awswaf:managed:aws:known-bad-inputs:JavaDeserializationRCE_Body',
      'awswaf:managed:aws:known-bad-inputs:Log4JRCE_Body',
      'awswaf:managed:aws:known-bad-inputs:ReactJSRCE_Body',
      'awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body',
      'awswaf:managed:aws:core-rule-set:GenericLFI_Body',
      'awswaf:managed:aws:core-rule-set:GenericRFI_Body',
      'awswaf:managed:aws:core-rule-set:EC2MetaDataSSRF_Body',
      'awswaf:managed:aws:sql-database:SQLi_Body',
      'awswaf:managed:aws:sql-database:SQLiExtendedPatterns_Body',
    ]);
  });
});

describe('the log', () => {
  const [[groupId = '', group] = []] = Object.entries(open.findResources('AWS::Logs::LogGroup'));
  const groupArn = ['arn:aws:logs:eu-west-1:', { Ref: 'AWS::AccountId' }, ':log-group:', { Ref: groupId }];
  const [[policyId = '', policy] = []] = Object.entries(open.findResources('AWS::Logs::ResourcePolicy'));

  test('has the name that AWS demands and the stage’s retention', () => {
    expect(group?.Properties).toEqual({ LogGroupName: 'aws-waf-logs-manuel-prod', RetentionInDays: 90 });
    // Or else its name would be taken when the stack is made anew.
    expect(group?.['DeletionPolicy']).toBe('Delete');
    const staging = webAclOf(stageConfig('staging'));
    staging.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: 'aws-waf-logs-manuel-staging', RetentionInDays: 30 });
  });

  test('keeps what was blocked or counted, without tokens', () => {
    open.hasResource('AWS::WAFv2::LoggingConfiguration', {
      Properties: {
        ResourceArn: { 'Fn::GetAtt': [aclOf(open)[0], 'Arn'] },
        LogDestinationConfigs: [{ 'Fn::Join': ['', groupArn] }],
        LoggingFilter: {
          DefaultBehavior: 'DROP',
          Filters: [
            {
              Behavior: 'KEEP',
              Requirement: 'MEETS_ANY',
              Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
            },
          ],
        },
        RedactedFields: [{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }],
      },
      DependsOn: [policyId],
    });
  });

  test('and the samples show neither tokens nor what was found in a body', () => {
    const secret = [
      { Field: { FieldType: 'SINGLE_HEADER', FieldKeys: ['authorization', 'cookie'] }, Action: 'SUBSTITUTION' },
      { Field: { FieldType: 'BODY' }, Action: 'SUBSTITUTION' },
    ];
    expect(aclOf(open)[1]?.Properties.DataProtectionConfig).toEqual({ DataProtections: secret });
  });

  test('is written by AWS’s log delivery for this account, and by nobody else', () => {
    const [separator, parts]: [string, (string | { Ref: string })[]] = policy?.Properties.PolicyDocument['Fn::Join'] ?? ['', []];
    const names: Readonly<Record<string, string>> = { 'AWS::AccountId': '111122223333', [groupId]: 'the-group' };
    const document = parts.map((part) => (typeof part === 'string' ? part : names[part.Ref])).join(separator);
    expect(JSON.parse(document).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'delivery.logs.amazonaws.com' },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'arn:aws:logs:eu-west-1:111122223333:log-group:the-group:log-stream:*',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:logs:eu-west-1:111122223333:*' },
        },
      },
    ]);
  });
});

test('what the web ACL blocks is said as a problem document', () => {
  whole.api.hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
    ResponseType: 'WAF_FILTERED',
    StatusCode: '403',
    ResponseTemplates: { 'application/json': Match.serializedJson(Match.objectLike({ code: 'forbidden', status: 403 })) },
  });
});
