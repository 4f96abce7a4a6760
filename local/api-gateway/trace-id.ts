import { randomBytes } from 'node:crypto';

/**
 * The root of a request's X-Ray trace: the client's own where it sent a valid one, else a new one
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
 */
export function traceRoot(header: string | undefined, nowMs: number): string {
  const given = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/i.exec(header ?? '')?.[1];
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=${given ?? `1-${seconds}-${randomBytes(12).toString('hex')}`}`;
}

/** The trace as a response carries it: nothing samples it locally. */
export function responseTrace(root: string): string {
  return `${root};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
