import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RequestRates } from '../../usage/request-rates.ts';
import type { Environment } from '../environment.ts';
import type { FunctionContract } from '../function.contract.ts';
import { logger } from '../observability.ts';
import type { guardedApiEnvironment } from './guard.contract.ts';
import { RequestGuard } from './request-guard.ts';

/** The guard of an execution environment, by the stage's values. It shares the connections of the function's own client. */
export function openRequestGuard(
  client: DynamoDBClient,
  environment: Environment<FunctionContract<typeof guardedApiEnvironment>>,
): RequestGuard {
  const onceOnly = new DynamoDBClient({ maxAttempts: 1, requestHandler: client.config.requestHandler });
  const rates = new RequestRates(client, onceOnly, environment.RATE_TABLE, { onTrouble: (what, error) => logger.warn(what, { error }) });
  return new RequestGuard(rates, {
    allowlist: environment.IP_ALLOWLIST,
    maxBodyBytes: environment.MAX_BODY_BYTES,
    requestsPerMinute: { user: environment.USER_REQUESTS_PER_MINUTE, network: environment.IP_REQUESTS_PER_MINUTE },
  });
}
