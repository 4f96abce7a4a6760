import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { metrics } from '../shared/observability.ts';
import { ESTIMATED_COST } from './spend.contract.ts';

/** Meters what an operation has cost, so that it counts against the stage's daily cap. */
export function reportCost(operation: string, model: string, dollars: number): void {
  metrics
    .singleMetric()
    .addDimension('Model', model)
    .addDimension('Operation', operation)
    .addMetric(ESTIMATED_COST, MetricUnit.NoUnit, dollars);
}
