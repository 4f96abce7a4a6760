import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { usageContract } from '../../lambdas/usage/usage.contract.ts';
import type { Api } from '../api/api.construct.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';

export interface UsageProps extends FunctionSettings {
  readonly api: Api;
  readonly table: ITable;
}

/** What users have used and may use, and the meter that other capabilities count with. */
export class Usage extends Construct {
  readonly #props: UsageProps;

  constructor(scope: Construct, id: string, props: UsageProps) {
    super(scope, id);
    this.#props = props;
    const fn = new CapabilityFunction(this, 'Function', { ...props, contract: usageContract, timeout: Duration.seconds(28) });
    this.#provideMeter(fn);
    props.table.grant(fn, 'dynamodb:GetItem');
    props.api.serve(usageContract, fn);
  }

  /** Lets a function reserve, settle and refund units. */
  grantMeter(fn: CapabilityFunction): void {
    this.#provideMeter(fn);
    this.#props.table.grant(fn, 'dynamodb:UpdateItem');
  }

  /** Lets a function hide manuals from questions, and take them off that list. */
  grantHide(fn: CapabilityFunction): void {
    const { table } = this.#props;
    fn.provide({ USAGE_TABLE: table.tableName });
    table.grant(fn, 'dynamodb:UpdateItem');
  }

  #provideMeter(fn: CapabilityFunction): void {
    const { table, config } = this.#props;
    fn.provide({
      USAGE_TABLE: table.tableName,
      DAILY_QUOTA: String(config.quota.daily),
      MONTHLY_QUOTA: String(config.quota.monthly),
    });
  }
}
