import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emit, logger } from '../shared/observability.ts';
import { SPEND_METRICS } from './spend.contract.ts';
import { SpendFlags } from './spend-flags.ts';
import { SpendGate } from './spend-gate.ts';

/** The gate of an execution environment: by the flag in this table, and with a warning when it cannot be read. */
export function openSpendGate(client: DynamoDBClient, table: string): SpendGate {
  return new SpendGate(new SpendFlags(client, table), {
    onRefused: () => emit({}, [SPEND_METRICS.refused, 1]),
    onUnread: (error) => logger.warn('the spend flag could not be read', { error }),
  });
}
