import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { ResourceType } from '../platform/service.ts';
import { stableId } from './identifiers.ts';
import type { Parts, RestApi } from './rest-api.ts';
import { read } from './template-properties.ts';

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

/** What is under neither list is not honoured: throttling, access logs, caching, canaries, client certificates. */
export function stageType(apis: Parts<RestApi>): ResourceType {
  const schema = z.looseObject({
    RestApiId: z.string(),
    DeploymentId: z.string(),
    StageName: z.string(),
    Variables: z.record(z.string(), z.string()).default({}),
    CacheClusterEnabled: z.boolean().default(false),
  });
  return {
    type: 'AWS::ApiGateway::Stage',
    honours: ['RestApiId', 'DeploymentId', 'StageName', 'Variables'],
    inert: {
      Description: 'Only shown in the console.',
      Tags: 'Only shown in the console.',
      TracingEnabled: 'There is no X-Ray to send traces to.',
      'MethodSettings.HttpMethod': 'Selects what the other settings apply to.',
      'MethodSettings.ResourcePath': 'Selects what the other settings apply to.',
      'MethodSettings.LoggingLevel': 'What goes wrong is reported in any case.',
      'MethodSettings.DataTraceEnabled': 'There is no execution log to trace to.',
      'MethodSettings.MetricsEnabled': 'Adds metrics per method in CloudWatch.',
    },
    create: async (resource) => {
      const { RestApiId, DeploymentId, StageName, Variables, CacheClusterEnabled } = read(resource, schema);
      if (CacheClusterEnabled) throw notEmulated("a stage's response cache (CacheClusterEnabled)");
      apis.get(RestApiId).putStage({ name: StageName, deploymentId: DeploymentId, variables: Variables });
      return { ref: StageName };
    },
  };
}

export function accountType(): ResourceType {
  return {
    type: 'AWS::ApiGateway::Account',
    honours: [],
    inert: { CloudWatchRoleArn: 'API Gateway writes no logs of its own here, so it needs no role to do so.' },
    create: async (resource) => ({ ref: stableId(resource, 10), attributes: { Id: stableId(resource, 10) } }),
  };
}
