import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import type { StageConfig } from '../stage-config.ts';

const MIB = 1024 * 1024;

/** Gives a function what its guard needs: the stage's values, and a place to count requests. */
export function provideGuard(fn: CapabilityFunction, { ipAllowlist, maxBodyMiB, rateLimits }: StageConfig, table: ITable): void {
  fn.provide({
    RATE_TABLE: table.tableName,
    IP_ALLOWLIST: ipAllowlist.join(','),
    MAX_BODY_BYTES: String(maxBodyMiB * MIB),
    USER_REQUESTS_PER_MINUTE: String(rateLimits.userPerMinute),
    IP_REQUESTS_PER_MINUTE: String(rateLimits.ipPerMinute),
  });
  table.grant(fn, 'dynamodb:UpdateItem');
}
