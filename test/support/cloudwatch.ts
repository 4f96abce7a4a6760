import { CloudWatchService, type MetricLines } from '../../local/cloudwatch/cloudwatch.service.ts';
import type { Clock } from '../../local/platform/clock.ts';

interface CloudWatchParts {
  readonly clock: Clock;
  readonly lines: MetricLines;
  readonly report: (line: string) => void;
}

/** CloudWatch without other services: nothing measures itself, and there is no topic to tell. */
export function openCloudWatch(parts: CloudWatchParts): CloudWatchService {
  return new CloudWatchService({
    ...parts,
    region: 'eu-west-1',
    services: { measured: {}, sample: async () => [] },
    topics: { publishAs: () => Promise.reject(new Error('there is no topic')) },
  });
}
