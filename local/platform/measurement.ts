/** A value of a metric that an emulated service measures of itself, as AWS's own do. */
export interface Measurement {
  /** Such as `AWS/Lambda`. */
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Takes values that were measured just now. */
export type Measure = (measurements: readonly Measurement[]) => void;

/** The same values for each of several combinations of dimensions, since each combination is a metric of its own. */
export function measurementsOf(
  namespace: string,
  combinations: readonly Readonly<Record<string, string>>[],
  values: Readonly<Record<string, number>>,
): Measurement[] {
  return combinations.flatMap((dimensions) => Object.entries(values).map(([name, value]) => ({ namespace, name, dimensions, value })));
}
