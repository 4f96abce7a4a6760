import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import ipaddr from 'ipaddr.js';
import type { StageConfig } from '../stage-config.ts';
import { webAclRules } from './web-acl-rules.ts';

/** Regional resources, which the API and the user pool are. */
const SCOPE = 'REGIONAL';
/** Headers that let whoever reads them act as their sender. */
const SECRET_HEADERS = ['authorization', 'cookie'];

/**
 * The web ACL that stands before the API and the user pool: one for both. What it does for the one it does for the other, but for the
 * rules of routes and bodies that the pool's requests do not have; a second would cost $5 and $1 for each rule again, and count each
 * address by half.
 *
 * Price: $5 a month, and $1 for each rule, of which there are eight, or nine with an allowlist: $13 or $14 a stage; $0.60 for a
 * million requests (https://aws.amazon.com/waf/pricing/). The rules take about 1,280 of the 1,500 capacity units in that price.
 *
 * A blocked request gets 403: the API's own gateway response `WAF_FILTERED`, which has the problem document that WAF's custom
 * responses could not give (they take no `application/problem+json` and know no request id); Cognito's `ForbiddenException`.
 *
 * What nobody looks into: bodies behind their first 16 KB (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html);
 * and what the groups find in a question or a recording is counted only. Users' names and passwords Cognito keeps from WAF.
 */
export class WebAcl extends Construct {
  readonly #acl: CfnWebACL;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const rules = webAclRules(config, this.#allowlist(config));
    this.#acl = new CfnWebACL(this, 'Acl', {
      scope: SCOPE,
      description: `Before the API and the user pool of the stage ${config.name}`,
      defaultAction: { allow: {} },
      visibilityConfig: visibleAs(webAclMetricName(config)),
      rules: [...rules].map(([name, rule], priority) => ({ name, priority, ...rule, visibilityConfig: visibleAs(name) })),
      dataProtectionConfig: { dataProtections: protectedFields() },
    });
    this.#log(config);
  }

  /** Puts a resource behind the web ACL. */
  protect(id: string, resourceArn: string): void {
    new CfnWebACLAssociation(this, id, { resourceArn, webAclArn: this.#acl.attrArn });
  }

  /** The only addresses that may call, a set for each version of the protocol; none where everybody may. */
  #allowlist({ name, ipAllowlist }: StageConfig): CfnIPSet[] {
    return (['ipv4', 'ipv6'] as const).flatMap((version) => {
      const addresses = ipAllowlist.filter((range) => ipaddr.parseCIDR(range)[0].kind() === version);
      if (addresses.length === 0) return [];
      const description = `The only ${version} addresses that may call the stage ${name}`;
      const ipAddressVersion = version.toUpperCase();
      return new CfnIPSet(this, `Allowed${ipAddressVersion}`, { scope: SCOPE, ipAddressVersion, addresses, description });
    });
  }

  /** What was blocked or counted is logged, and nothing else. */
  #log({ name, logRetentionDays }: StageConfig): void {
    // AWS demands the prefix. Since the name is taken then, a group that outlived the stack would stop the next one from being made.
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `aws-waf-logs-manuel-${name}`,
      retention: logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const delivery = logGroup.addToResourcePolicy(this.#mayDeliverTo(logGroup));
    const logging = new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.#acl.attrArn,
      logDestinationConfigs: [arnOf(logGroup)],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: ['BLOCK', 'COUNT'].map(hasAction) }],
      },
      // The data protection above covers these too, and samples besides; should it ever make an exception, the log does not.
      redactedFields: SECRET_HEADERS.map((header) => ({ singleHeader: { Name: header } })),
    });
    if (delivery.policyDependable) logging.node.addDependency(delivery.policyDependable);
  }

  /**
   * What AWS's log delivery needs (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html). Without
   * it WAF would write a policy of its own, which grows with each web ACL of the account until it is too long, and stays.
   */
  #mayDeliverTo(logGroup: LogGroup): PolicyStatement {
    const stack = Stack.of(this);
    return new PolicyStatement({
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`${arnOf(logGroup)}:log-stream:*`],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'logs', resource: '*' }) },
      },
    });
  }
}

/** WAF takes it without the `:*` at the end. */
function arnOf(logGroup: LogGroup): string {
  const name = { resource: 'log-group', resourceName: logGroup.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME };
  return Stack.of(logGroup).formatArn({ service: 'logs', ...name });
}

/** By which CloudWatch's metrics know a stage's web ACL, as `WebACL`. */
export function webAclMetricName({ name }: Pick<StageConfig, 'name'>): string {
  return `manuel-${name}`;
}

/** Counted in `AWS/WAFV2` under that name; of the requests some are kept as samples for three hours, as far as they are not protected. */
function visibleAs(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true };
}

/** Neither log nor samples show tokens, nor what was found in a body: that is somebody's question. */
function protectedFields(): CfnWebACL.DataProtectProperty[] {
  const fields = [{ fieldType: 'SINGLE_HEADER', fieldKeys: SECRET_HEADERS }, { fieldType: 'BODY' }];
  return fields.map((field) => ({ field, action: 'SUBSTITUTION' }));
}

const hasAction = (action: string) => ({ ActionCondition: { Action: action } });
