import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SERVICE_DIMENSION } from '../shared/metrics.contract.ts';
import { nextUtcDay, startOfUtcDay } from '../shared/utc-day.ts';
import { SPEND_METRICS } from './spend.contract.ts';

/** A day has 24 of these, and each begins at a full hour, wherever CloudWatch lets a longer period begin. */
const PERIOD_SECONDS = 3600;

/** What CloudWatch knows of a stage's cost. */
export class MeteredCost {
  readonly #client: CloudWatchClient;
  readonly #expression: string;

  /** `service` is that of the stage, such as `manuel-dev`: other stages of the account do not count. */
  constructor(client: CloudWatchClient, namespace: string, service: string) {
    this.#client = client;
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    const { name, dimensions } = SPEND_METRICS.cost;
    const schema = [`"${namespace}"`, SERVICE_DIMENSION, ...dimensions].join(',');
    const search = `{${schema}} MetricName="${name}" ${SERVICE_DIMENSION}="${service}"`;
    this.#expression = `SUM(SEARCH('${search}', 'Sum', ${PERIOD_SECONDS}))`;
  }

  /**
   * Dollars, by every operation and model, on the UTC day of a moment. What was logged in the last minutes may not be among it yet, and a
   * search finds a new metric only after up to a quarter of an hour
   * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html).
   */
  async ofDay(atMs: number): Promise<number> {
    let dollars = 0;
    let token: string | undefined;
    do {
      const { MetricDataResults = [], NextToken } = await this.#client.send(
        new GetMetricDataCommand({
          StartTime: new Date(startOfUtcDay(atMs)),
          EndTime: new Date(nextUtcDay(atMs)),
          MetricDataQueries: [{ Id: 'cost', Expression: this.#expression }],
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      for (const { Values = [] } of MetricDataResults) for (const value of Values) dollars += value;
      token = NextToken;
    } while (token !== undefined);
    return dollars;
  }
}
