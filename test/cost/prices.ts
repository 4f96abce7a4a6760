/**
 * What AWS charges in eu-west-1, in dollars, without tax: list prices of November 2026, from the page that each names. What is free is
 * free for the account in each month, whatever its age; what only a new account gets is not taken into account.
 */
export interface Price {
  readonly dollars: number;
  /** How many units that is for. */
  readonly per: number;
  readonly unit: string;
  /** Units of an account that are free in a month. */
  readonly free?: number;
  readonly source: string;
}

const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const KMS = 'https://aws.amazon.com/kms/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const WAF = 'https://aws.amazon.com/waf/pricing/';
const MILLION = 1_000_000;

export const PRICES = {
  webAcl: { dollars: 5, per: 1, unit: 'web ACLs', source: WAF },
  /** A group of AWS's that is not a paid one counts as one rule. */
  webAclRule: { dollars: 1, per: 1, unit: 'rules', source: WAF },
  webAclRequest: { dollars: 0.6, per: MILLION, unit: 'requests to a web ACL', source: WAF },
  /** Of the first year: as much again for each of the first two rotations. */
  key: { dollars: 1, per: 1, unit: 'keys', source: KMS },
  keyRequest: { dollars: 0.03, per: 10_000, unit: 'requests to keys', free: 20_000, source: KMS },
  secret: { dollars: 0.4, per: 1, unit: 'secrets', source: 'https://aws.amazon.com/secrets-manager/pricing/' },
  /** Of an alarm on several metrics each one counts; those of a query over metrics are never free. */
  alarmMetric: { dollars: 0.1, per: 1, unit: 'metrics of alarms', free: 10, source: CLOUDWATCH },
  /** Only those of at most 50 metrics may be free. */
  smallDashboard: { dollars: 3, per: 1, unit: 'dashboards of at most 50 metrics', free: 3, source: CLOUDWATCH },
  largeDashboard: { dollars: 3, per: 1, unit: 'dashboards of more metrics', source: CLOUDWATCH },
  /** By GetMetricData, of which nothing is free. */
  metricRead: { dollars: 0.01, per: 1000, unit: 'metrics read', source: CLOUDWATCH },
  logsWritten: { dollars: 0.57, per: 1, unit: 'GB of logs written', free: 5, source: CLOUDWATCH },
  logsStored: { dollars: 0.03, per: 1, unit: 'GB of logs stored', free: 5, source: CLOUDWATCH },
  queueRequest: { dollars: 0.4, per: MILLION, unit: 'requests to queues', free: MILLION, source: 'https://aws.amazon.com/sqs/pricing/' },
  functionRequest: { dollars: 0.2, per: MILLION, unit: 'invocations', free: MILLION, source: LAMBDA },
  /** On arm64. */
  functionTime: { dollars: 0.0000133334, per: 1, unit: 'GB-seconds of functions', free: 400_000, source: LAMBDA },
  tableWrite: { dollars: 0.705, per: MILLION, unit: 'writes of 1 KB', source: DYNAMODB },
  apiRequest: { dollars: 3.5, per: MILLION, unit: 'requests to the API', source: 'https://aws.amazon.com/api-gateway/pricing/' },
  trace: { dollars: 5, per: MILLION, unit: 'traces', free: 100_000, source: 'https://aws.amazon.com/xray/pricing/' },
  vectorQuery: { dollars: 2.5, per: MILLION, unit: 'queries of the vector store', source: 'https://aws.amazon.com/s3/pricing/' },
  embeddedToken: { dollars: 0.02, per: MILLION, unit: 'embedded tokens', source: 'https://aws.amazon.com/bedrock/pricing/' },
  dataOut: { dollars: 0.09, per: 1, unit: 'GB sent out', free: 100, source: 'https://aws.amazon.com/ec2/pricing/on-demand/' },
} as const satisfies Readonly<Record<string, Price>>;

type Meter = keyof typeof PRICES;

/** So much of something that is charged for. */
export interface Use {
  readonly meter: Meter;
  readonly quantity: number;
  /** What uses it. */
  readonly what: string;
}

/** What all that is used of one meter costs. */
export interface MeteredCost {
  readonly meter: Meter;
  readonly quantity: number;
  readonly dollars: number;
  readonly what: readonly string[];
}

/** Adds up what is used, meter by meter, and charges for it; `free` says whether what is free of a month is taken off. */
export function costOf(uses: readonly Use[], { free }: { readonly free: boolean }): MeteredCost[] {
  return (Object.keys(PRICES) as Meter[]).flatMap((meter) => {
    const price: Price = PRICES[meter];
    const used = uses.filter((use) => use.meter === meter);
    const quantity = used.reduce((sum, use) => sum + use.quantity, 0);
    if (quantity === 0) return [];
    const charged = free ? Math.max(0, quantity - (price.free ?? 0)) : quantity;
    return [{ meter, quantity, dollars: (charged * price.dollars) / price.per, what: [...new Set(used.map(({ what }) => what))] }];
  });
}

export function totalOf(costs: readonly MeteredCost[]): number {
  return costs.reduce((sum, { dollars }) => sum + dollars, 0);
}
