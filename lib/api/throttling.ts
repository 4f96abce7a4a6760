import { READS_PER_REQUEST } from '../../lambdas/shared/guard/guard.contract.ts';
import type { StageConfig } from '../stage-config.ts';

/** What API Gateway lets through of one method, of all users together, by a bucket that `rate` refills (requests per second). */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** So many addresses may read at their limit at once. */
const BUSY_ADDRESSES = 10;
/**
 * Half of what API Gateway takes of an account in a region, all of whose APIs share it
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
 */
const MOST: Throttle = { rate: 5000, burst: 2500 };
/** Of an account with a vector store, in a second (https://docs.aws.amazon.com/general/latest/gr/bedrock.html). */
const RETRIEVALS_PER_SECOND = 20;
/**
 * What passes beyond the retrievals that there are is refused by the function, unpaid and refunded. Requests without a valid token count
 * too, so a ceiling right at that number would let a few of them lock everybody out.
 */
const HEADROOM = 5;

/** Of a method that reads, changes or removes something. */
export function readThrottle({ rateLimits: { ipPerMinute } }: StageConfig): Throttle {
  return atMost({ rate: Math.ceil((ipPerMinute * READS_PER_REQUEST * BUSY_ADDRESSES) / 60), burst: ipPerMinute });
}

/** Of a method that starts something which costs: a question, a transcription, an upload. One user may spend a minute's requests at once. */
export function costlyThrottle(config: StageConfig): Throttle {
  const reads = readThrottle(config);
  return {
    rate: Math.min(reads.rate, RETRIEVALS_PER_SECOND * HEADROOM),
    burst: Math.min(reads.burst, Math.max(config.rateLimits.userPerMinute, RETRIEVALS_PER_SECOND)),
  };
}

function atMost({ rate, burst }: Throttle): Throttle {
  return { rate: Math.min(rate, MOST.rate), burst: Math.min(burst, MOST.burst) };
}
