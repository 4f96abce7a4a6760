import * as z from 'zod';
import type { LogSink } from '../logs/log-sink.ts';
import { notEmulated } from '../platform/call.ts';
import { OPERATOR } from '../platform/principal.ts';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import { AccessLog } from './access-log.ts';
import { stableId } from './identifiers.ts';
import type { Parts, RestApi } from './rest-api.ts';
import { read } from './template-properties.ts';
import { Throttle } from './throttle.ts';

export function deploymentType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({ RestApiId: z.string(), StageName: z.string().optional() });
  return {
    type: 'AWS::ApiGateway::Deployment',
    honours: ['RestApiId'],
    inert: { Description: 'Only shown in the console.' },
    create: async (resource) => {
      const { RestApiId, StageName } = read(resource, schema);
      apis.get(RestApiId);
      if (StageName !== undefined) throw notEmulated("a deployment's StageName; use an AWS::ApiGateway::Stage");
      const id = stableId(resource, 6);
      return { ref: id, attributes: { DeploymentId: id } };
    },
  };
}

const accessLogSetting = z.looseObject({ DestinationArn: z.string(), Format: z.string() });

/** What is under neither list is not honoured: caching, canaries, client certificates. */
export function stageType({ apis, logs }: { readonly apis: Parts<RestApi>; readonly logs: LogSink }): ResourceType {
  const schema = z.looseObject({
    RestApiId: z.string(),
    DeploymentId: z.string(),
    StageName: z.string(),
    Variables: z.record(z.string(), z.string()).default({}),
    CacheClusterEnabled: z.boolean().default(false),
    AccessLogSetting: accessLogSetting.optional(),
    MethodSettings: z
      .array(
        z.looseObject({
          ResourcePath: z.string(),
          HttpMethod: z.string(),
          ThrottlingRateLimit: z.coerce.number().optional(),
          ThrottlingBurstLimit: z.coerce.number().optional(),
        }),
      )
      .default([]),
  });
  return {
    type: 'AWS::ApiGateway::Stage',
    honours: [
      'RestApiId',
      'DeploymentId',
      'StageName',
      'Variables',
      'AccessLogSetting.DestinationArn',
      'AccessLogSetting.Format',
      'MethodSettings.HttpMethod',
      'MethodSettings.ResourcePath',
      'MethodSettings.ThrottlingRateLimit',
      'MethodSettings.ThrottlingBurstLimit',
    ],
    inert: {
      Description: 'Only shown in the console.',
      Tags: 'Only shown in the console.',
      TracingEnabled: 'There is no X-Ray to send traces to.',
      'MethodSettings.LoggingLevel': 'What goes wrong is reported in any case.',
      'MethodSettings.DataTraceEnabled': 'There is no execution log to trace to.',
      'MethodSettings.MetricsEnabled': 'Adds metrics per method in CloudWatch.',
    },
    create: async (resource) => {
      const { RestApiId, DeploymentId, StageName, Variables, ...settings } = read(resource, schema);
      if (settings.CacheClusterEnabled) throw notEmulated("a stage's response cache (CacheClusterEnabled)");
      apis.get(RestApiId).putStage({
        name: StageName,
        deploymentId: DeploymentId,
        variables: Variables,
        throttle: new Throttle(settings.MethodSettings),
        accessLog: settings.AccessLogSetting && openAccessLog(settings.AccessLogSetting, resource, logs),
      });
      return { ref: StageName };
    },
  };
}

function openAccessLog({ DestinationArn, Format }: z.infer<typeof accessLogSetting>, resource: TemplateResource, logs: LogSink) {
  const group = /^arn:aws:logs:[^:]+:\d+:log-group:([^:]+)(?::\*)?$/.exec(DestinationArn)?.[1];
  if (group === undefined) throw notEmulated(`an access log at ${DestinationArn}; a log group's is served`);
  // On AWS a role of the account's writes it, which no stack of a stage holds.
  return new AccessLog(Format, logs.openStream(OPERATOR, group, stableId(resource, 32, 'access log')));
}

export function accountType(): ResourceType {
  return {
    type: 'AWS::ApiGateway::Account',
    honours: [],
    inert: { CloudWatchRoleArn: 'Access logs are written here without a role.' },
    create: async (resource) => ({ ref: stableId(resource, 10), attributes: { Id: stableId(resource, 10) } }),
  };
}
