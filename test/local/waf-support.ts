import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { ApiGatewayService } from '../../local/api-gateway/api-gateway.service.ts';
import { CognitoService } from '../../local/cognito/cognito.service.ts';
import { LogsService } from '../../local/logs/logs.service.ts';
import type { InspectedRequest } from '../../local/platform/firewall.ts';
import { WafService } from '../../local/waf/waf.service.ts';
import { openCloudWatch } from '../support/cloudwatch.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const region = 'eu-west-1';
export const GROUP = 'aws-waf-logs-test';
const ANY_REQUEST = { method: 'GET', path: '/', queryString: '', headers: [], sourceIp: '127.0.0.1', requestId: '1' };
const ACCESS_GROUP = 'access';
const GROUP_ARN = `arn:aws:logs:eu-west-1:000000000000:log-group:${GROUP}`;
const BLOCK = { Action: { Block: {} } };
const visible = (MetricName: string) => ({ MetricName, CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true });

/** A rule as a template states it. */
export function rule(Name: string, Priority: number, Statement: object, rest: object = BLOCK): object {
  return { Name, Priority, Statement, ...rest, VisibilityConfig: visible(Name) };
}

/** A statement about the request's path, or about its method. */
export function byteMatch(SearchString: string, { field = 'UriPath', position = 'EXACTLY', transformation = 'NONE' } = {}): object {
  const TextTransformations = [{ Priority: 0, Type: transformation }];
  return { ByteMatchStatement: { FieldToMatch: { [field]: {} }, PositionalConstraint: position, SearchString, TextTransformations } };
}

export const rateOf = (Limit: number, rest: object = {}) => ({
  RateBasedStatement: { Limit, EvaluationWindowSec: 60, AggregateKeyType: 'IP', ...rest },
});

/** WAF before an API and a user pool, all behind a front door. */
export interface TestWaf {
  readonly door: TestFrontDoor;
  readonly cognito: CognitoIdentityProviderClient;
  readonly apiUrl: string;
  readonly stageArn: string;
  /** A pool with a client, which is behind no web ACL yet. */
  createPool(): Promise<{ readonly arn: string; readonly poolId: string; readonly ClientId: string }>;
  /** Gives its ARN. */
  createSet(IPAddressVersion: string, Addresses: string[]): Promise<string>;
  /** A web ACL with these rules, before these resources. */
  createAcl(name: string, rules: object[], resourceArns?: readonly string[], properties?: object): Promise<string>;
  /** Lets the delivery of logs write to the group. */
  allowDelivery(): Promise<unknown>;
  log(acl: string, properties?: object): Promise<unknown>;
  /** Whether a request from there may go on, though nothing here could come from there. */
  admits(resourceArn: string, request: Partial<InspectedRequest>): boolean;
  /** What the log holds, oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever line there is
  logged(): Promise<any[]>;
  /** What the API's access log says of its web ACL, a line for each request. */
  accessLogged(): Promise<string[]>;
  /** The sum of a metric by its rule. */
  count(name: string, WebACL: string, Rule: string): Promise<number>;
  close(): Promise<void>;
}

export async function openWaf(): Promise<TestWaf> {
  let parts: { readonly waf: WafService; readonly api: ApiGatewayService } | undefined;
  const door = await openFrontDoor(({ clock, access }) => {
    const report = () => undefined;
    const logs = new LogsService({ clock, region, access });
    const metrics = openCloudWatch({ clock, lines: logs, report });
    const isResource = (arn: string) => api.hasStage(arn) || pools.hasPool(arn);
    const waf = new WafService({ clock, region, logs, metrics, isResource });
    const pools = new CognitoService({ clock, region, firewall: waf });
    const nobody = async () => Promise.reject(new Error('no function is there'));
    const functions = { invokeAs: nobody, invokeWithResponseStreamAs: nobody };
    const api = new ApiGatewayService({
      clock,
      region,
      functions,
      authorizers: pools,
      logs,
      firewall: waf,
      measure: () => undefined,
      report,
    });
    parts = { waf, api };
    return [logs, metrics, waf, pools, api];
  });
  if (!parts) throw new Error('the front door built no WAF');
  const { waf, api } = parts;
  const stageArn = await createApi(door);
  const cognito = new CognitoIdentityProviderClient(door.clientConfig);
  const cloudwatch = new CloudWatchClient(door.clientConfig);
  const logs = new CloudWatchLogsClient(door.clientConfig);
  for (const LogGroupName of [GROUP, ACCESS_GROUP]) await door.provision('AWS::Logs::LogGroup', LogGroupName, { LogGroupName });
  const messagesOf = async (logGroupName: string) => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
    return events.map(({ message = '' }) => message);
  };
  let pools = 0;
  let sets = 0;
  return {
    door,
    cognito,
    stageArn,
    apiUrl: await api.listen(0),
    createPool: async () => {
      const id = `Pool${++pools}`;
      const pool = await door.provision('AWS::Cognito::UserPool', id, { UsernameAttributes: ['email'] });
      const client = await door.provision('AWS::Cognito::UserPoolClient', `${id}Client`, {
        UserPoolId: pool.ref,
        ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        PreventUserExistenceErrors: 'ENABLED',
      });
      return { arn: String(pool.attributes?.['Arn']), poolId: pool.ref, ClientId: client.ref };
    },
    createSet: async (IPAddressVersion, Addresses) => {
      const properties = { Scope: 'REGIONAL', IPAddressVersion, Addresses };
      const { attributes } = await door.provision('AWS::WAFv2::IPSet', `Set${++sets}`, properties);
      return String(attributes?.['Arn']);
    },
    createAcl: async (name, Rules, resourceArns = [], properties = {}) => {
      const acl = { Scope: 'REGIONAL', DefaultAction: { Allow: {} }, Rules, VisibilityConfig: visible(name), ...properties };
      const { attributes } = await door.provision('AWS::WAFv2::WebACL', name, acl);
      const WebACLArn = String(attributes?.['Arn']);
      for (const [index, ResourceArn] of resourceArns.entries()) {
        await door.provision('AWS::WAFv2::WebACLAssociation', `${name}${index}`, { ResourceArn, WebACLArn });
      }
      return WebACLArn;
    },
    allowDelivery: () =>
      door.provision('AWS::Logs::ResourcePolicy', 'Delivery', { PolicyName: 'Delivery', PolicyDocument: JSON.stringify(DELIVERY) }),
    log: (ResourceArn, properties = {}) =>
      door.provision('AWS::WAFv2::LoggingConfiguration', 'Log', { ResourceArn, LogDestinationConfigs: [GROUP_ARN], ...properties }),
    admits: (resourceArn, request) => waf.judge(resourceArn, { ...ANY_REQUEST, ...request }) !== 'BLOCK',
    logged: async () => (await messagesOf(GROUP)).map((message) => JSON.parse(message)),
    accessLogged: () => messagesOf(ACCESS_GROUP),
    count: async (MetricName, WebACL, Rule) => {
      const Dimensions = Object.entries({ WebACL, Region: region, Rule }).map(([Name, Value]) => ({ Name, Value }));
      const MetricStat = { Metric: { Namespace: 'AWS/WAFV2', MetricName, Dimensions }, Period: 86_400, Stat: 'Sum' };
      const now = door.clock.now();
      const { MetricDataResults } = await cloudwatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(now - 86_400_000),
          EndTime: new Date(now + 60_000),
          MetricDataQueries: [{ Id: 'one', MetricStat }],
        }),
      );
      return (MetricDataResults?.[0]?.Values ?? []).reduce((sum, value) => sum + value, 0);
    },
    close: async () => {
      for (const client of [cognito, cloudwatch, logs]) client.destroy();
      await door.close();
    },
  };
}

const DELIVERY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'delivery.logs.amazonaws.com' },
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `${GROUP_ARN}:log-stream:*`,
      Condition: {
        StringEquals: { 'aws:SourceAccount': '000000000000' },
        ArnLike: { 'aws:SourceArn': 'arn:aws:logs:eu-west-1:000000000000:*' },
      },
    },
  ],
};

/** An API that answers `GET /` by itself. Gives the ARN of its stage. */
async function createApi(door: TestFrontDoor): Promise<string> {
  const api = await door.provision('AWS::ApiGateway::RestApi', 'Api', { Name: 'test', EndpointConfiguration: { Types: ['REGIONAL'] } });
  const RestApiId = api.ref;
  await door.provision('AWS::ApiGateway::Method', 'Get', {
    RestApiId,
    ResourceId: api.attributes?.['RootResourceId'],
    HttpMethod: 'GET',
    AuthorizationType: 'NONE',
    MethodResponses: [{ StatusCode: '204' }],
    Integration: {
      Type: 'MOCK',
      RequestTemplates: { 'application/json': '{ statusCode: 204 }' },
      IntegrationResponses: [{ StatusCode: '204' }],
    },
  });
  const deployment = await door.provision('AWS::ApiGateway::Deployment', 'Deployment', { RestApiId });
  const AccessLogSetting = {
    DestinationArn: `arn:aws:logs:eu-west-1:000000000000:log-group:${ACCESS_GROUP}`,
    Format: '$context.wafResponseCode $context.error.responseType',
  };
  await door.provision('AWS::ApiGateway::Stage', 'Stage', { RestApiId, DeploymentId: deployment.ref, StageName: 'v1', AccessLogSetting });
  return `arn:aws:apigateway:eu-west-1::/restapis/${RestApiId}/stages/v1`;
}
