import { createHash } from 'node:crypto';
import * as z from 'zod';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import { IpSet, ipSetProperties } from './ip-set.ts';
import { type LoggingProperties, loggingProperties } from './logging.ts';
import { WebAcl, webAclProperties } from './web-acl.ts';

/** https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html */
const MAX_NAME_LENGTH = 128;
/** AWS demands it of the name of a group that WAF writes to. */
const LOG_GROUP_PREFIX = 'aws-waf-logs-';
const SHOWN_NOWHERE = 'only shown in the console';

export interface WafResources {
  readonly region: string;
  readonly sets: Map<string, IpSet>;
  readonly acls: Map<string, WebAcl>;
  /** Puts a web ACL before a resource. */
  readonly associate: (resourceArn: string, acl: WebAcl) => void;
  /** Has a web ACL write to a log group. */
  readonly log: (properties: LoggingProperties, acl: WebAcl, group: string) => void;
}

/** The types of CloudFormation that make up a web ACL. */
export function resourceTypes(resources: WafResources): ResourceType[] {
  return [ipSetType(resources), webAclType(resources), associationType(resources), loggingType(resources)];
}

function ipSetType({ region, sets }: WafResources): ResourceType {
  return {
    type: 'AWS::WAFv2::IPSet',
    honours: ['Name', 'Scope', 'IPAddressVersion', 'Addresses'],
    inert: { Description: SHOWN_NOWHERE, Tags: SHOWN_NOWHERE },
    create: async (resource) => {
      const properties = read(resource, ipSetProperties);
      const { ref, arn, id } = identify(resource, properties.Name, region, 'ipset');
      sets.set(arn, new IpSet(properties));
      return { ref, attributes: { Arn: arn, Id: id } };
    },
  };
}

function webAclType({ region, sets, acls }: WafResources): ResourceType {
  return {
    type: 'AWS::WAFv2::WebACL',
    honours: [
      'Name',
      'Scope',
      'DefaultAction',
      'Rules.Name',
      'Rules.Priority',
      'Rules.Action',
      'Rules.RuleLabels',
      ...['And', 'Or', 'Not', 'IPSetReference', 'ByteMatch', 'RegexMatch', 'LabelMatch', 'RateBased'].map(
        (kind) => `Rules.Statement.${kind}Statement`,
      ),
      'Rules.VisibilityConfig.MetricName',
      'Rules.VisibilityConfig.CloudWatchMetricsEnabled',
      'VisibilityConfig.MetricName',
      'VisibilityConfig.CloudWatchMetricsEnabled',
      'DataProtectionConfig',
    ],
    inert: {
      Description: SHOWN_NOWHERE,
      Tags: SHOWN_NOWHERE,
      'VisibilityConfig.SampledRequestsEnabled': 'nothing local shows samples',
      'Rules.VisibilityConfig.SampledRequestsEnabled': 'nothing local shows samples',
      'Rules.OverrideAction': 'only groups have it, which find nothing here',
    },
    notHonoured: {
      'Rules.Statement.ManagedRuleGroupStatement':
        'AWS does not say what its groups look for, and keeps their lists of addresses to itself',
    },
    create: async (resource) => {
      const properties = read(resource, webAclProperties);
      const { name, ref, arn, id } = identify(resource, properties.Name, region, 'webacl');
      const labels = `awswaf:${LOCAL_ACCOUNT}:webacl:${name}:`;
      acls.set(arn, new WebAcl(arn, name, labels, properties, (set) => known(sets, set, 'IP set')));
      return { ref, attributes: { Arn: arn, Id: id, LabelNamespace: labels } };
    },
  };
}

function associationType({ acls, associate }: WafResources): ResourceType {
  const schema = z.strictObject({ ResourceArn: z.string(), WebACLArn: z.string() });
  return {
    type: 'AWS::WAFv2::WebACLAssociation',
    honours: ['ResourceArn', 'WebACLArn'],
    create: async (resource) => {
      const { ResourceArn, WebACLArn } = read(resource, schema);
      associate(ResourceArn, known(acls, WebACLArn, 'web ACL'));
      return { ref: `${ResourceArn}|${WebACLArn}` };
    },
  };
}

function loggingType({ acls, log }: WafResources): ResourceType {
  return {
    type: 'AWS::WAFv2::LoggingConfiguration',
    honours: ['ResourceArn', 'LogDestinationConfigs', 'LoggingFilter', 'RedactedFields'],
    create: async (resource) => {
      const properties = read(resource, loggingProperties);
      const [destination = ''] = properties.LogDestinationConfigs;
      const [, group = ''] = /^arn:aws:logs:[^:]+:\d+:log-group:([^:]+)$/.exec(destination) ?? [];
      if (!group.startsWith(LOG_GROUP_PREFIX)) {
        throw new Error(`WAF writes to log groups whose names begin with ${LOG_GROUP_PREFIX}, and not to ${destination}`);
      }
      log(properties, known(acls, properties.ResourceArn, 'web ACL'), group);
      return { ref: properties.ResourceArn };
    },
  };
}

function identify(resource: TemplateResource, given: string | undefined, region: string, kind: string) {
  const name = given ?? generatedName(resource.stackName, resource.logicalId, MAX_NAME_LENGTH);
  const id = createHash('sha256').update(`${resource.stackName}/${resource.logicalId}`).digest('hex').slice(0, 32);
  return { name, id, ref: `${name}|${id}|REGIONAL`, arn: `arn:aws:wafv2:${region}:${LOCAL_ACCOUNT}:regional/${kind}/${name}/${id}` };
}

function read<Schema extends z.ZodType>({ properties }: TemplateResource, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(properties);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

function known<Thing>(things: ReadonlyMap<string, Thing>, arn: string, what: string): Thing {
  const thing = things.get(arn);
  if (thing === undefined) throw new Error(`there is no ${what} ${arn}`);
  return thing;
}
