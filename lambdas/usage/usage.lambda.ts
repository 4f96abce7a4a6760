import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { apiHandler } from '../shared/api-handler.ts';
import { parseEnvironment } from '../shared/environment.ts';
import { openRequestGuard } from '../shared/guard/open-request-guard.ts';
import { quotaDocument } from './reservation.ts';
import { usageContract } from './usage.contract.ts';
import { UsageLedger } from './usage-ledger.ts';

const environment = parseEnvironment(usageContract);
const dynamodb = new DynamoDBClient({});
const ledger = new UsageLedger(dynamodb, environment.USAGE_TABLE, {
  daily: environment.DAILY_QUOTA,
  monthly: environment.MONTHLY_QUOTA,
});

export const handler = apiHandler(usageContract, environment, openRequestGuard(dynamodb, environment), {
  usage: async ({ caller }) => ({ body: await ledger.usage(caller) }),
  quota: async ({ caller }) => ({ body: quotaDocument(await ledger.usage(caller), Date.now()) }),
});
