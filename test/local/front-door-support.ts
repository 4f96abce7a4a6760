import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import { Authorizer } from '../../local/iam/authorizer.ts';
import { IamService } from '../../local/iam/iam.service.ts';
import type { AwsCall, AwsError, AwsReply } from '../../local/platform/call.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { jsonReply } from '../../local/platform/rest-json-protocol.ts';
import type { Service } from '../../local/platform/service.ts';
import { sign, type WireCall } from '../support/sign.ts';

export const REGION = 'eu-west-1';

/** A front door of one region, and what went wrong inside it. */
export interface RegionalDoor {
  readonly frontDoor: FrontDoor;
  readonly keys: AccessKeys;
  readonly access: Authorizer;
  readonly clock: AdjustableClock;
  readonly internalErrors: unknown[];
}

export async function openRegionalDoor(): Promise<RegionalDoor> {
  const keys = new AccessKeys();
  const clock = new AdjustableClock();
  const internalErrors: unknown[] = [];
  const access = new Authorizer({ region: REGION, clock, iam: new IamService(), report: () => undefined });
  const frontDoor = new FrontDoor({ keys, access, clock, region: REGION, onInternalError: (error) => internalErrors.push(error) });
  await frontDoor.listen();
  return { frontDoor, keys, access, clock, internalErrors };
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

  /** Anybody may have an echo. */
  permissionsFor(): readonly [] {
    return [];
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

  /** Makes calls wait inside the service until they are let go. */
  hold(): { release: () => void; arrived: (count: number) => Promise<void> } {
    const held = Promise.withResolvers<void>();
    let arrived = 0;
    this.behave = async () => {
      arrived += 1;
      await held.promise;
      return undefined;
    };
    return { release: held.resolve, arrived: (count) => until(() => arrived === count) };
  }

  renderError({ code, status, message }: AwsError): AwsReply {
    return jsonReply(status, { code, message });
  }
}

export const CALL: WireCall = { method: 'POST', target: '/', headers: { 'content-type': 'text/plain' }, body: 'hello' };

/** A front door with an echo behind it, and the operator's calls to it in every form. */
export interface EchoDoor extends RegionalDoor {
  readonly endpoint: string;
  readonly port: number;
  readonly echo: EchoService;
  signed(call?: WireCall): Promise<WireCall>;
  /** A signed HTTP/1.1 request as bytes. */
  bytesOf(call: WireCall): Promise<string>;
  connect(): Promise<net.Socket>;
}

export async function openEchoDoor(): Promise<EchoDoor> {
  const door = await openRegionalDoor();
  const { endpoint } = door.frontDoor;
  const port = Number(new URL(endpoint).port);
  const echo = new EchoService('echo');
  door.frontDoor.register(echo);
  const operator = door.keys.issue(OPERATOR);
  const signed = (call: WireCall = CALL) => sign(endpoint, call, { credentials: operator, service: 'echo' });
  return {
    ...door,
    endpoint,
    port,
    echo,
    signed,
    bytesOf: async (call) => {
      const { method, target, headers, body = '' } = await signed(call);
      const lines = Object.entries({ ...headers, 'content-length': String(body.length), connection: 'close' });
      return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
    },
    connect: async () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    },
  };
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
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
