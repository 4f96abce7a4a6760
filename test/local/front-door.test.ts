import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { AccessKey } from '../../local/front-door/access-keys.ts';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import { MAX_BODY_BYTES } from '../../local/front-door/http-exchange.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import { sign, type WireCall } from '../support/sign.ts';
import { EchoService, openRegionalDoor, type RegionalDoor, send, sendOn } from './front-door-support.ts';

const CALL: WireCall = { method: 'POST', target: '/', headers: { 'content-type': 'text/plain' }, body: 'hello' };
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

let door: RegionalDoor;
let endpoint: string;
let port: number;
let echo: EchoService;
let operator: AccessKey;

beforeEach(async () => {
  door = await openRegionalDoor();
  ({ endpoint } = door.frontDoor);
  port = Number(new URL(endpoint).port);
  echo = new EchoService('echo');
  door.frontDoor.register(echo);
  operator = door.keys.issue(OPERATOR);
});

afterEach(() => door.frontDoor.close());

const signed = (call: WireCall = CALL) => sign(endpoint, call, { credentials: operator, service: 'echo' });

/** An HTTP/1.1 request as bytes. */
async function bytesOf(call: WireCall): Promise<string> {
  const { method, target, headers, body = '' } = await signed(call);
  const lines = Object.entries({ ...headers, 'content-length': String(body.length), connection: 'close' });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

async function connect(): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Makes calls wait inside the service until they are let go. */
function holdCalls() {
  const held = Promise.withResolvers<void>();
  let arrived = 0;
  echo.behave = async () => {
    arrived += 1;
    await held.promise;
    return undefined;
  };
  return { release: held.resolve, arrived: (count: number) => until(() => arrived === count) };
}

describe('one port for HTTP/1.1 and HTTP/2', () => {
  test('serves calls of both kinds at the same time', async () => {
    const session = http2.connect(endpoint);
    const { release, arrived } = holdCalls();
    const calls = Array.from({ length: 20 }, async (_, index) => {
      const call = { ...CALL, body: `call ${index}` };
      const answer =
        index % 2 === 0 ? await send(endpoint, await signed(call)) : await sendOn(session, await signed({ ...call, http2: true }));
      return JSON.parse(answer.body).body;
    });
    await arrived(20);
    release();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, (_, index) => `call ${index}`));
    session.destroy();
    expect(door.internalErrors).toEqual([]);
  });

  test('serves calls one after the other on a connection that is kept', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const localPorts = new Set<number | undefined>();
    for (let round = 0; round < 3; round += 1) {
      const { method, headers, body } = await signed();
      const request = http.request(endpoint, { method, headers, agent });
      const [response] = (await once(request.end(body), 'response')) as [http.IncomingMessage];
      localPorts.add(response.socket.localPort);
      expect(response.statusCode).toBe(200);
      await once(response.resume(), 'end');
      await turn();
    }
    agent.destroy();
    expect(localPorts.size).toBe(1);
  });

  test('knows an HTTP/1.1 request that comes byte by byte', async () => {
    const socket = await connect();
    const answer = Readable.from(socket.setEncoding('utf8')).reduce((all: string, part: string) => all + part, '');
    for (const byte of await bytesOf({ ...CALL, target: '/slow' })) {
      socket.write(byte);
      await turn();
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK.*"path":"\/slow"/s);
  });

  test('knows an HTTP/2 preface that comes in pieces', async () => {
    for (const cut of [1, 3, 13, 14, 20]) {
      const socket = await connect();
      const pieces = [PREFACE.slice(0, cut), PREFACE.slice(cut)];
      for (const piece of pieces) {
        socket.write(piece);
        await turn();
        await turn();
      }
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      const [frame] = (await once(socket, 'data')) as [Buffer];
      // The server's first frame is its settings (type 4).
      expect([cut, frame[3]]).toEqual([cut, 4]);
      socket.destroy();
    }
  });

  test('a client that says nothing, or half a preface, keeps nobody waiting', async () => {
    const silent = await connect();
    const halting = await connect();
    halting.write(PREFACE.slice(0, 5));
    expect((await send(endpoint, await signed())).status).toBe(200);
    expect((await send(endpoint, await signed({ ...CALL, http2: true }))).status).toBe(200);
    halting.end();
    await once(halting.resume(), 'close');
    const closed = once(silent, 'close');
    await door.frontDoor.close();
    await closed;
    expect(door.internalErrors).toEqual([]);
  });

  test('answers bytes that are no HTTP at all, and goes on', async () => {
    const socket = await connect();
    socket.write('\x16\x03\x01 this is a TLS client, perhaps\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect((await send(endpoint, await signed())).status).toBe(200);
  });
});

describe('a client that hangs up', () => {
  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('in the middle of its body leaves nothing done and nothing reported over %s', async (_name, overHttp2) => {
    if (overHttp2) {
      const session = http2.connect(endpoint);
      const { headers } = await signed({ ...CALL, http2: true });
      const stream = session.request({ ...headers, ':method': 'POST', ':path': '/', 'content-length': '100' });
      stream.on('error', () => undefined).write('half');
      await turn();
      session.destroy();
    } else {
      const socket = await connect();
      socket.write((await bytesOf(CALL)).replace('content-length: 5', 'content-length: 100'));
      await turn();
      socket.destroy();
    }
    expect((await send(endpoint, await signed())).status).toBe(200);
    expect(echo.calls).toBe(1);
    expect(door.internalErrors).toEqual([]);
  });

  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('while its call is at work lets it finish over %s', async (_name, overHttp2) => {
    const { release, arrived } = holdCalls();
    const call = await signed({ ...CALL, http2: overHttp2 });
    const session = http2.connect(endpoint);
    const socket = await connect();
    if (overHttp2) sendOn(session, call).catch(() => undefined);
    else socket.write(await bytesOf(CALL));
    await arrived(1);
    socket.destroy();
    session.destroy();
    await once(session, 'close');
    release();
    await until(() => echo.calls === 1);
    await turn();
    expect(door.internalErrors).toEqual([]);
  });
});

describe('a body', () => {
  const oversized = () => Readable.from(Array.from({ length: 129 }, () => Buffer.alloc(MAX_BODY_BYTES / 128)));

  test('over the limit is refused with 413 once it has been sent, and the connection is kept', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const { headers } = await signed();
    const request = http.request(endpoint, { method: 'POST', headers, agent });
    oversized().pipe(request);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = await Readable.from(response.setEncoding('utf8')).reduce((all: string, part: string) => all + part, '');
    expect([response.statusCode, JSON.parse(body).code]).toEqual([413, 'RequestEntityTooLargeException']);
    await turn();
    const next = http.request(endpoint, { method: 'POST', headers, agent }).end('hello');
    const [answer] = (await once(next, 'response')) as [http.IncomingMessage];
    expect([answer.statusCode, next.reusedSocket]).toEqual([200, true]);
    agent.destroy();
    expect(echo.calls).toBe(1);
    expect(door.internalErrors).toEqual([]);
  });
});

describe('an answer', () => {
  const answerWith = (body: Readable) => {
    echo.behave = async () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });
  };

  test('that a service fails to give is a 500, and the failure is reported', async () => {
    echo.behave = async () => {
      throw new TypeError('a bug');
    };
    const answer = await send(endpoint, await signed());
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([500, 'InternalFailure']);
    expect(answer.body).not.toContain('a bug');
    expect(door.internalErrors).toEqual([new TypeError('a bug')]);
  });

  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('that streams arrives whole, and breaks off when its source does, over %s', async (_name, overHttp2) => {
    answerWith(Readable.from(['one ', 'two ', 'three']));
    const call = await signed({ ...CALL, http2: overHttp2 });
    expect(await send(endpoint, call)).toMatchObject({ status: 200, body: 'one two three', headers: { 'content-type': 'text/plain' } });
    answerWith(
      Readable.from(
        (async function* () {
          yield 'one ';
          await turn();
          throw new Error('broken off');
        })(),
      ),
    );
    await expect(send(endpoint, call)).rejects.toThrow();
    expect(door.internalErrors).toEqual([]);
  });

  test('that streams is no longer produced once nobody reads it', async () => {
    const endless = new Readable({ read: () => undefined });
    const ended = new Promise((resolve) => endless.on('close', resolve));
    endless.push('one');
    answerWith(endless);
    const socket = await connect();
    socket.write(await bytesOf(CALL));
    await once(socket, 'data');
    socket.destroy();
    await ended;
  });
});

describe('closing', () => {
  test('breaks off the calls that are under way, over both protocols', async () => {
    const { release, arrived } = holdCalls();
    const session = http2.connect(endpoint);
    session.on('error', () => undefined);
    const outcomes = Promise.allSettled([send(endpoint, await signed()), sendOn(session, await signed({ ...CALL, http2: true }))]);
    await arrived(2);
    await door.frontDoor.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    release();
    await until(() => echo.calls === 2);
    await turn();
    expect(door.internalErrors).toEqual([]);
    await expect(send(endpoint, await signed())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('may be done twice, or without having listened', async () => {
    await door.frontDoor.close();
    await door.frontDoor.close();
    const { keys, clock } = door;
    await new FrontDoor({ keys, clock, onInternalError: () => undefined }).close();
  });
});

describe('listening', () => {
  test('is refused on a port that is taken, and works on the next', async () => {
    const { keys, clock } = door;
    const second = new FrontDoor({ keys, clock, onInternalError: () => undefined });
    await expect(second.listen(port)).rejects.toThrow(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(() => second.endpoint).toThrow('the front door does not listen yet');
    expect(await second.listen()).toBe(second.endpoint);
    await second.close();
  });

  test('is on the loopback interface only', async () => {
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const socket = net.connect(port, '::1');
    const [error] = await once(socket, 'error').catch((reason) => [reason]);
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|EADDRNOTAVAIL/) });
  });
});
