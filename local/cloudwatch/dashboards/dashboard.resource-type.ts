import * as z from 'zod';
import { METRICS_NAMESPACE } from '../../../lambdas/shared/metrics.contract.ts';
import { notEmulated } from '../../platform/call.ts';
import type { ResourceType } from '../../platform/service.ts';
import { readSearch } from '../search-expression.ts';

/** Whose metrics a widget may draw: AWS's services that are emulated here or stand before them, and our own functions. */
const NAMESPACES: ReadonlySet<string> = new Set([
  METRICS_NAMESPACE,
  'AWS/ApiGateway',
  'AWS/Bedrock',
  'AWS/Cognito',
  'AWS/DynamoDB',
  'AWS/Events',
  'AWS/Lambda',
  'AWS/Logs',
  'AWS/S3',
  'AWS/SNS',
  'AWS/SQS',
  'AWS/Transcribe',
  'AWS/WAFV2',
]);

/** What is in quotes may have parentheses of its own. */
const SEARCHES = /SEARCH\((?:'[^']*'|[^'()])*\)/g;

const place = { x: z.int().min(0).max(23), y: z.int().min(0), width: z.int().min(1).max(24), height: z.int().min(1).max(1000) };
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const BODY = z.looseObject({
  widgets: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ ...place, type: z.literal('text'), properties: z.looseObject({ markdown: z.string().min(1) }) }),
        z.strictObject({
          ...place,
          type: z.literal('alarm'),
          properties: z.looseObject({ alarms: z.array(z.string().startsWith('arn:')) }),
        }),
        z.strictObject({
          ...place,
          type: z.literal('log'),
          properties: z.looseObject({ query: z.string().includes('SOURCE '), region: z.string() }),
        }),
        z.strictObject({
          ...place,
          type: z.literal('metric'),
          properties: z.looseObject({ region: z.string(), metrics: z.array(z.array(z.unknown()).min(1)).min(1) }),
        }),
      ]),
    )
    .max(500),
});

/** `AWS::CloudWatch::Dashboard`: its body is checked, and nobody looks at it here. */
export const dashboardResourceType: ResourceType = {
  type: 'AWS::CloudWatch::Dashboard',
  honours: ['DashboardName', 'DashboardBody'],
  create: async ({ properties }) => {
    const name = String(properties['DashboardName']);
    const parsed = BODY.safeParse(JSON.parse(String(properties['DashboardBody'])));
    if (!parsed.success) throw new Error(`the body of the dashboard ${name} is not valid: ${z.prettifyError(parsed.error)}`);
    for (const widget of parsed.data.widgets) {
      if (widget.type !== 'metric') continue;
      for (const row of widget.properties.metrics) {
        for (const namespace of namespacesOf(row)) {
          if (!NAMESPACES.has(namespace)) throw notEmulated(`a widget of metrics of ${namespace}`);
        }
      }
    }
    return { ref: name };
  },
};

/** Of one row of a widget: a metric by its namespace, name and dimensions, or an expression, whose searches must be ones that are understood. */
function namespacesOf([first]: readonly unknown[]): string[] {
  if (typeof first === 'string') return [first];
  const { expression = '' } = z.looseObject({ expression: z.string().optional() }).parse(first);
  return (expression.match(SEARCHES) ?? []).map((search) => readSearch(search).namespace);
}
