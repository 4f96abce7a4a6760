import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import { type MethodResponses, MockIntegration } from './mock-integration.ts';

/** How long an integration may take unless the template says otherwise (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html). */
const DEFAULT_TIMEOUT_MS = 29_000;

/** A function that is given the whole request and answers with the whole response. */
export interface LambdaIntegration {
  readonly kind: 'lambda';
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export type Integration = LambdaIntegration | { readonly kind: 'mock'; readonly mock: MockIntegration };

const texts = z.record(z.string(), z.string());
export const integrationProperties = z.looseObject({
  Type: z.string(),
  Uri: z.string().optional(),
  IntegrationHttpMethod: z.string().optional(),
  TimeoutInMillis: z.coerce.number().optional(),
  ResponseTransferMode: z.string().optional(),
  PassthroughBehavior: z.string().optional(),
  ContentHandling: z.string().optional(),
  Credentials: z.string().optional(),
  RequestParameters: z.record(z.string(), z.unknown()).optional(),
  RequestTemplates: texts.optional(),
  IntegrationResponses: z
    .array(
      z.looseObject({
        StatusCode: z.coerce.string(),
        SelectionPattern: z.string().optional(),
        ResponseParameters: texts.optional(),
        ResponseTemplates: texts.optional(),
      }),
    )
    .optional(),
});
type IntegrationProperties = z.infer<typeof integrationProperties>;

/** Reads a method's integration. Throws for a kind that is not served, by name. */
export function readIntegration(properties: IntegrationProperties, methodResponses: MethodResponses, region: string): Integration {
  for (const member of ['ContentHandling', 'Credentials', 'RequestParameters'] as const) {
    if (properties[member] !== undefined) throw notEmulated(`an integration's ${member}`);
  }
  if (properties.Type === 'AWS_PROXY') return readLambda(properties, region);
  if (properties.Type === 'MOCK') return { kind: 'mock', mock: new MockIntegration(properties, methodResponses) };
  throw notEmulated(`the integration type ${properties.Type}`);
}

function readLambda(properties: IntegrationProperties, region: string): LambdaIntegration {
  const uri = properties.Uri ?? '';
  if (properties.ResponseTransferMode === 'STREAM' || uri.endsWith('/response-streaming-invocations')) {
    throw notEmulated("response streaming (an integration's ResponseTransferMode STREAM); use BUFFERED");
  }
  const [, uriRegion, functionArn] =
    /^arn:aws:apigateway:([\w-]+):lambda:path\/2015-03-31\/functions\/(arn:aws:lambda:.+)\/invocations$/.exec(uri) ?? [];
  if (!functionArn || uriRegion !== region) throw notEmulated(`an AWS_PROXY integration with ${uri || 'no Uri'}`);
  if (properties.IntegrationHttpMethod !== 'POST')
    throw notEmulated('an AWS_PROXY integration whose IntegrationHttpMethod is not POST, which fails on AWS');
  return { kind: 'lambda', functionArn, timeoutMs: properties.TimeoutInMillis ?? DEFAULT_TIMEOUT_MS };
}
