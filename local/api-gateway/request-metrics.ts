import { Readable } from 'node:stream';
import type { Clock } from '../platform/clock.ts';
import { type Measure, measurementsOf } from '../platform/measurement.ts';
import type { ApiReply } from './http-message.ts';
import type { RestApi } from './rest-api.ts';

/** What API Gateway measures of each request here (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html). */
export const REQUEST_MEASUREMENTS = ['Count', '4XXError', '5XXError', 'Latency'] as const;

/** Answers a request, and measures how when the answer has left, for the API and for its stage. */
export async function measured(
  api: RestApi,
  answer: () => Promise<ApiReply>,
  { clock, measure }: { readonly clock: Clock; readonly measure: Measure },
): Promise<ApiReply> {
  const startedAt = clock.now();
  const reply = await answer();
  const { status, body } = reply;
  const record = () => {
    const values: Record<(typeof REQUEST_MEASUREMENTS)[number], number> = {
      Count: 1,
      '4XXError': Number(status >= 400 && status < 500),
      '5XXError': Number(status >= 500),
      Latency: clock.now() - startedAt,
    };
    const ApiName = api.name;
    measure(measurementsOf('AWS/ApiGateway', [{ ApiName }, { ApiName, Stage: api.requireStage().name }], values));
  };
  if (body instanceof Readable) body.once('close', record);
  else record();
  return reply;
}
