import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';

/** One event on its way to a function. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: Buffer;
  /** X-Ray's header, such as `Root=1-…;Parent=…;Sampled=0`. */
  readonly traceHeader: string;
  /** JSON, as the caller of Invoke gave it. */
  readonly clientContext?: string | undefined;
}

export interface InvokeOptions {
  /** Continues the caller's trace; a new one that is not sampled begins when absent. */
  readonly traceHeader?: string;
  /** JSON that the handler finds in `context.clientContext`. */
  readonly clientContext?: string;
}

/** Makes an invocation of a JSON event; an empty one is an empty object. Throws an AwsError for what Lambda would not take. */
export function createInvocation(event: string | Buffer, maxBytes: number, clock: Clock, options: InvokeOptions): Invocation {
  const payload = Buffer.from(event.length === 0 ? '{}' : event);
  if (payload.length > maxBytes) {
    const message = `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestTooLargeException', message, 413, { Type: 'User' });
  }
  try {
    JSON.parse(payload.toString('utf8'));
  } catch (error) {
    const message = `Could not parse request body into json: ${error instanceof Error ? error.message : String(error)}`;
    throw new AwsError('InvalidRequestContentException', message, 400, { Type: 'User' });
  }
  const { traceHeader = newTrace(clock), clientContext } = options;
  return { requestId: randomUUID(), payload, traceHeader, clientContext };
}

/** A trace of its own (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader). */
function newTrace(clock: Clock): string {
  const seconds = Math.floor(clock.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
