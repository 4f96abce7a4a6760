import { Duration } from 'aws-cdk-lib';
import { GraphWidget, GraphWidgetView, type IMetric, type IWidget, Row, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';

/** One data point of most charts. */
export const CHART_PERIOD = Duration.minutes(5);

/** Of the dashboard's 24 columns. */
const WHOLE_WIDTH = 24;
const CHART_HEIGHT = 6;

interface ChartOptions {
  /** Whether the parts are put on top of one another, so that their sum is seen. */
  readonly stacked?: true;
  /** What the values are, such as `ms`. */
  readonly unit?: string;
}

/** What to draw under which title. */
export interface Chart extends ChartOptions {
  readonly title: string;
  readonly metrics: readonly IMetric[];
}

/** A section's heading, which begins a line of its own. */
export function heading(title: string): IWidget {
  return new TextWidget({ markdown: `# ${title}`, width: WHOLE_WIDTH, height: 1 });
}

/** Charts side by side, of the same width: two to four of them, or six. */
export function row(...charts: readonly Chart[]): IWidget {
  const width = Math.floor(WHOLE_WIDTH / charts.length);
  return new Row(
    ...charts.map(
      ({ title, metrics, stacked = false, unit }) =>
        new GraphWidget({
          title,
          left: [...metrics],
          view: GraphWidgetView.TIME_SERIES,
          stacked,
          leftYAxis: { min: 0, showUnits: false, ...(unit !== undefined && { label: unit }) },
          width,
          height: CHART_HEIGHT,
        }),
    ),
  );
}
