import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import { type MethodResponses, MockIntegration } from './mock-integration.ts';

/** How long an integration may take unless the template says otherwise (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html). */
const DEFAULT_TIMEOUT_MS = 29_000;
/** How long a stream may say nothing before a regional API ends it (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html). */
const STREAM_IDLE_TIMEOUT_MS = 5 * 60_000;

/**
 * A function's URI for each transfer mode: the one names Lambda's Invoke, the other its InvokeWithResponseStream
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
 */
const LAMBDA_URIS = {
  BUFFERED: /^arn:aws:apigateway:([\w-]+):lambda:path\/2015-03-31\/functions\/(arn:aws:lambda:.+)\/invocations$/,
  STREAM: /^arn:aws:apigateway:([\w-]+):lambda:path\/2021-11-15\/functions\/(arn:aws:lambda:.+)\/response-streaming-invocations$/,
} as const;

/** A function that is given the whole request and answers with the whole response. */
export interface LambdaIntegration {
  readonly kind: 'lambda';
  readonly functionArn: string;
  /** Of the whole answer, also of one that streams. */
  readonly timeoutMs: number;
  /** Whether the answer is handed on as it comes. */
  readonly streams: boolean;
}

export type Integration = LambdaIntegration | { readonly kind: 'mock'; readonly mock: MockIntegration };

const texts = z.record(z.string(), z.string());
export const integrationProperties = z.looseObject({
  Type: z.string(),
  Uri: z.string().optional(),
  IntegrationHttpMethod: z.string().optional(),
  TimeoutInMillis: z.coerce.number().optional(),
  ResponseTransferMode: z.enum(['BUFFERED', 'STREAM']).default('BUFFERED'),
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
  if (properties.ResponseTransferMode === 'STREAM') {
    throw notEmulated(`response streaming of the integration type ${properties.Type}; AWS streams AWS_PROXY and HTTP_PROXY only`);
  }
  if (properties.Type === 'MOCK') return { kind: 'mock', mock: new MockIntegration(properties, methodResponses) };
  throw notEmulated(`the integration type ${properties.Type}`);
}

function readLambda(properties: IntegrationProperties, region: string): LambdaIntegration {
  const { Uri: uri = '', ResponseTransferMode: mode, TimeoutInMillis: timeoutMs = DEFAULT_TIMEOUT_MS } = properties;
  const [, uriRegion, functionArn] = LAMBDA_URIS[mode].exec(uri) ?? [];
  if (!functionArn || uriRegion !== region) {
    throw notEmulated(`an AWS_PROXY integration with the ResponseTransferMode ${mode} and ${uri || 'no Uri'}`);
  }
  if (properties.IntegrationHttpMethod !== 'POST')
    throw notEmulated('an AWS_PROXY integration whose IntegrationHttpMethod is not POST, which fails on AWS');
  if (mode === 'STREAM' && timeoutMs > STREAM_IDLE_TIMEOUT_MS) {
    throw notEmulated(
      `a stream of up to ${timeoutMs} ms: AWS ends one that is silent for ${STREAM_IDLE_TIMEOUT_MS} ms, which is not watched here`,
    );
  }
  return { kind: 'lambda', functionArn, timeoutMs, streams: mode === 'STREAM' };
}
