import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat, LogGroupLogDestination, type StageOptions } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../stage-config.ts';

/**
 * One line of JSON for each request, also for those that no function sees. What is absent is a hyphen, so that every value is in
 * quotes. A client words none of it freely, since API Gateway does not say that it escapes: no user agent and no path (the route has the
 * names of parameters, not their values), let alone a token, a query string or a body. Who the user is, only the functions' logs say,
 * hashed: API Gateway could only name them.
 */
export const ACCESS_LOG_FIELDS = {
  request_id: '$context.requestId',
  extended_request_id: '$context.extendedRequestId',
  trace_id: '$context.xrayTraceId',
  time: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  protocol: '$context.protocol',
  status: '$context.status',
  response_bytes: '$context.responseLength',
  latency_ms: '$context.responseLatency',
  integration_status: '$context.integration.status',
  integration_latency_ms: '$context.integration.latency',
  integration_error: '$context.integration.error',
  error_type: '$context.error.responseType',
  authorizer_status: '$context.authorizer.status',
  authorizer_error: '$context.authorizer.error',
  waf_response: '$context.wafResponseCode',
} as const;

/**
 * Where a stage writes its access log. API Gateway does so by a role of the account's, which the stack `Manuel-Account` sets: without it
 * the stage cannot be deployed ("CloudWatch Logs role ARN must be set in account settings to enable logging"). Its execution log
 * stays off: it holds headers and bodies.
 */
export function accessLog(scope: Construct, config: StageConfig): StageOptions {
  const group = new LogGroup(scope, 'AccessLog', {
    retention: config.logRetentionDays as RetentionDays,
    removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  return {
    accessLogDestination: new LogGroupLogDestination(group),
    accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
  };
}
