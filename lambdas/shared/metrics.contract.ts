/** The namespace of every metric that we emit. */
export const METRICS_NAMESPACE = 'Manuel/Application';

/** Emitted once per API request, with the dimensions `service`, `Function` and `StatusCode`. */
export const REQUEST_METRICS = { count: 'RequestCount', duration: 'RequestDuration' } as const;
