import { emit } from '../shared/observability.ts';
import { SPEND_METRICS } from './spend.contract.ts';

/** Meters what an operation has cost, so that it counts against the stage's daily cap. */
export function reportCost(operation: string, model: string, dollars: number): void {
  emit({ Operation: operation, Model: model }, [SPEND_METRICS.cost, dollars]);
}
