import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SUM_INTERVAL_MINUTES, spendContract } from '../../lambdas/spend/spend.contract.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';
import { acknowledge, explainWildcard } from '../platform/compliance.ts';
import { functionTarget } from '../platform/function-target.ts';

export interface SpendProps extends FunctionSettings {
  /** Has a place for the flag, under a key that is no user's. */
  readonly table: ITable;
  /** Takes the runs that could not be handed over, and those that failed. */
  readonly deadLetters: IQueue;
}

const INTERVAL = Duration.minutes(SUM_INTERVAL_MINUTES);
/** The next run sums the same day again, so one that failed is tried once more and no longer than that takes. */
const RETRY_ATTEMPTS = 1;

/**
 * The stage's daily spend cap: a schedule sums what was metered into a flag, and whoever may do costly work reads it.
 *
 * A month has 8,640 runs. Each asks CloudWatch for as many metrics as there are operations with a model, three so far ($0.01 per 1,000:
 * $0.26, and less once nothing was metered for two weeks, since a search finds nothing older), writes one item ($0.01), runs for a
 * fraction of a second on 256 MB ($0.01) and logs a kilobyte or two ($0.01): $0.29 together at most while nobody uses the stage
 * (https://aws.amazon.com/cloudwatch/pricing/). It sends no metrics of its own then.
 */
export class Spend extends Construct {
  readonly #props: SpendProps;

  constructor(scope: Construct, id: string, props: SpendProps) {
    super(scope, id);
    this.#props = props;
    const { config, table, deadLetters } = props;
    const fn = new CapabilityFunction(this, 'Function', {
      ...props,
      contract: spendContract,
      timeout: Duration.seconds(30),
      deadLetterQueue: deadLetters,
    });
    fn.configureAsyncInvoke({ retryAttempts: RETRY_ATTEMPTS, maxEventAge: INTERVAL });
    fn.provide({ SPEND_TABLE: table.tableName, DAILY_SPEND_CAP_DOLLARS: String(config.dailySpendCapDollars) });
    table.grant(fn, 'dynamodb:UpdateItem');
    // CloudWatch knows no narrower resource for metrics like ours
    // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html).
    fn.addToRolePolicy(new PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] }));
    explainWildcard(fn, { actions: ['cloudwatch:GetMetricData'], ending: '*', reason: 'CloudWatch knows no resource for metrics.' });
    acknowledge(fn, 'Serverless-LambdaAsyncFailureDestination', 'What fails for good goes to its dead-letter queue, event and all.');
    new Rule(this, 'Schedule', {
      schedule: Schedule.rate(INTERVAL),
      targets: [functionTarget(fn, { deadLetterQueue: deadLetters, maxEventAge: INTERVAL })],
    });
  }

  /** Lets a function refuse costly work once the cap is reached. */
  grantGate(fn: CapabilityFunction): void {
    const { table } = this.#props;
    fn.provide({ SPEND_TABLE: table.tableName });
    table.grant(fn, 'dynamodb:GetItem');
  }
}
