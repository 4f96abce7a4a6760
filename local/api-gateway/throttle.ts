import { notEmulated } from '../platform/call.ts';

/** A template's `MethodSettings`, as far as they throttle. */
export interface MethodSetting {
  /** `/*` for every path, else `/` and the path with `~1` for its slashes. */
  readonly ResourcePath: string;
  readonly HttpMethod: string;
  readonly ThrottlingRateLimit?: number | undefined;
  readonly ThrottlingBurstLimit?: number | undefined;
}

interface Limit {
  /** Requests per second. */
  readonly rate: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const EVERY_METHOD = '* *';
/** An account's own, where a setting names one of the two only (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html). */
const ACCOUNT: Limit = { rate: 10_000, burst: 5_000 };

/**
 * How many requests a stage lets through: each method has a bucket of tokens of its own, whether its limit was given for it or for all
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html).
 */
export class Throttle {
  readonly #limits = new Map<string, Limit>();
  readonly #buckets = new Map<string, Bucket>();

  /** Throws for a setting that is not understood, or given twice. */
  constructor(settings: readonly MethodSetting[]) {
    const seen = new Set<string>();
    for (const setting of settings) {
      const method = methodOf(setting);
      if (seen.has(method)) throw new Error(`MethodSettings names ${setting.HttpMethod} ${setting.ResourcePath} twice`);
      seen.add(method);
      const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = setting;
      if (rate === undefined && burst === undefined) continue;
      this.#limits.set(method, { rate: rate ?? ACCOUNT.rate, burst: burst ?? ACCOUNT.burst });
    }
  }

  /** Takes a token for a request; false when there is none. */
  admits(httpMethod: string, resourcePath: string, nowMs: number): boolean {
    const method = `${httpMethod} ${resourcePath}`;
    const limit = this.#limits.get(method) ?? this.#limits.get(EVERY_METHOD);
    if (!limit) return true;
    const { tokens, filledAtMs } = this.#buckets.get(method) ?? { tokens: limit.burst, filledAtMs: nowMs };
    const filled = Math.min(limit.burst, tokens + (Math.max(0, nowMs - filledAtMs) / 1000) * limit.rate);
    const admitted = filled >= 1;
    this.#buckets.set(method, { tokens: admitted ? filled - 1 : filled, filledAtMs: nowMs });
    return admitted;
  }
}

function methodOf({ ResourcePath: path, HttpMethod: httpMethod }: MethodSetting): string {
  if (path === '/*' && httpMethod === '*') return EVERY_METHOD;
  const isOfOneMethod = /^\/~1[^/*]*$/.test(path) && /^[A-Z]+$/.test(httpMethod);
  if (!isOfOneMethod) throw notEmulated(`MethodSettings for ${httpMethod} ${path}; for all methods, or for one of one path`);
  return `${httpMethod} ${path.slice(1).replaceAll('~1', '/')}`;
}
