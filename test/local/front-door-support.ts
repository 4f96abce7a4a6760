import http from 'node:http';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';
import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import type { AwsCall, AwsError, AwsReply } from '../../local/platform/call.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import { jsonReply } from '../../local/platform/rest-json-protocol.ts';
import type { Service } from '../../local/platform/service.ts';
import type { WireCall } from '../support/sign.ts';

export const REGION = 'eu-west-1';

/** A front door of one region, and what went wrong inside it. */
export interface RegionalDoor {
  readonly frontDoor: FrontDoor;
  readonly keys: AccessKeys;
  readonly clock: AdjustableClock;
  readonly internalErrors: unknown[];
}

export async function openRegionalDoor(): Promise<RegionalDoor> {
  const keys = new AccessKeys();
  const clock = new AdjustableClock();
  const internalErrors: unknown[] = [];
  const frontDoor = new FrontDoor({ keys, clock, region: REGION, onInternalError: (error) => internalErrors.push(error) });
  await frontDoor.listen();
  return { frontDoor, keys, clock, internalErrors };
}

/** A service that tells what reached it. */
export class EchoService implements Service {
  readonly signingNames: readonly string[];
  readonly resourceTypes = [];
  /** What it does with a call before it answers, or instead. */
  behave: (call: AwsCall) => Promise<AwsReply | undefined> = async () => undefined;
  /** How many calls it has done. */
  calls = 0;

  constructor(...signingNames: string[]) {
    this.signingNames = signingNames;
  }

  operationOf({ method }: { readonly method: string }): string {
    return method;
  }

  async handle(call: AwsCall): Promise<AwsReply> {
    const reply = await this.behave(call);
    this.calls += 1;
    if (reply) return reply;
    const { path, queryString, body, principal } = call;
    return jsonReply(200, { path, queryString, body: body.toString(), principal });
  }

  renderError({ code, status, message }: AwsError): AwsReply {
    return jsonReply(status, { code, message });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a call exactly as it is, and throws when the connection breaks. */
export function send(endpoint: string, call: WireCall): Promise<Answer> {
  return call.http2 ? sendOverHttp2(endpoint, call) : sendOverHttp1(endpoint, call);
}

async function sendOverHttp1(endpoint: string, { method, target, headers, body }: WireCall): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  const request = http.request({ hostname, port, method, path: target, headers, agent: false });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

async function sendOverHttp2(endpoint: string, call: WireCall): Promise<Answer> {
  const session = http2.connect(endpoint);
  try {
    return await sendOn(session, call);
  } finally {
    session.destroy();
  }
}

/** One of perhaps many calls on an HTTP/2 connection. */
export async function sendOn(session: http2.ClientHttp2Session, { method, target, headers, body }: WireCall): Promise<Answer> {
  const stream = session.request({ ...headers, ':method': method, ':path': target });
  const answer = new Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader>((resolve, reject) => {
    session.on('error', reject);
    stream
      .on('response', resolve)
      .on('error', reject)
      .on('close', () => reject(new Error('the stream was closed without an answer')));
  });
  stream.end(body);
  const { ':status': status = 0, ...rest } = await answer;
  return { status, headers: rest, body: await text(stream) };
}
