import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import { CALL, type EchoDoor, openEchoDoor, send, sendOn, until } from './front-door-support.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

let door: EchoDoor;

beforeEach(async () => {
  door = await openEchoDoor();
});

afterEach(() => door.frontDoor.close());

test('holds requests until it is told that everything is there', async () => {
  const letIn = door.frontDoor.hold();
  const answers: number[] = [];
  const early = send(door.endpoint, await door.signed()).then(({ status }) => answers.push(status));
  // One that needs no waiting has its answer by then.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(answers).toEqual([]);
  letIn();
  await early;
  expect(answers).toEqual([200]);
});

describe('one port for HTTP/1.1 and HTTP/2', () => {
  test('serves calls of both kinds at the same time', async () => {
    const session = http2.connect(door.endpoint);
    const { release, arrived } = door.echo.hold();
    const calls = Array.from({ length: 20 }, async (_, index) => {
      const call = { ...CALL, body: `call ${index}` };
      const answer =
        index % 2 === 0
          ? await send(door.endpoint, await door.signed(call))
          : await sendOn(session, await door.signed({ ...call, http2: true }));
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
      const { method, headers, body } = await door.signed();
      const request = http.request(door.endpoint, { method, headers, agent });
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
    const socket = await door.connect();
    const answer = Readable.from(socket.setEncoding('utf8')).reduce((all: string, part: string) => all + part, '');
    for (const byte of await door.bytesOf({ ...CALL, target: '/slow' })) {
      socket.write(byte);
      await turn();
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK.*"path":"\/slow"/s);
  });

  test('knows an HTTP/2 preface that comes in pieces', async () => {
    for (const cut of [1, 3, 13, 14, 20]) {
      const socket = await door.connect();
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
    const silent = await door.connect();
    const halting = await door.connect();
    halting.write(PREFACE.slice(0, 5));
    expect((await send(door.endpoint, await door.signed())).status).toBe(200);
    expect((await send(door.endpoint, await door.signed({ ...CALL, http2: true }))).status).toBe(200);
    halting.end();
    await once(halting.resume(), 'close');
    const closed = once(silent, 'close');
    await door.frontDoor.close();
    await closed;
    expect(door.internalErrors).toEqual([]);
  });

  test('answers bytes that are no HTTP at all, and goes on', async () => {
    const socket = await door.connect();
    socket.write('\x16\x03\x01 this is a TLS client, perhaps\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect((await send(door.endpoint, await door.signed())).status).toBe(200);
  });
});

describe('a client that hangs up', () => {
  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('in the middle of its body leaves nothing done and nothing reported over %s', async (_name, overHttp2) => {
    if (overHttp2) {
      const session = http2.connect(door.endpoint);
      const { headers } = await door.signed({ ...CALL, http2: true });
      const stream = session.request({ ...headers, ':method': 'POST', ':path': '/', 'content-length': '100' });
      stream.on('error', () => undefined).write('half');
      await turn();
      session.destroy();
    } else {
      const socket = await door.connect();
      socket.write((await door.bytesOf(CALL)).replace('content-length: 5', 'content-length: 100'));
      await turn();
      socket.destroy();
    }
    expect((await send(door.endpoint, await door.signed())).status).toBe(200);
    expect(door.echo.calls).toBe(1);
    expect(door.internalErrors).toEqual([]);
  });

  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('while its call is at work lets it finish over %s', async (_name, overHttp2) => {
    const { release, arrived } = door.echo.hold();
    const call = await door.signed({ ...CALL, http2: overHttp2 });
    const session = http2.connect(door.endpoint);
    const socket = await door.connect();
    if (overHttp2) sendOn(session, call).catch(() => undefined);
    else socket.write(await door.bytesOf(CALL));
    await arrived(1);
    socket.destroy();
    session.destroy();
    await once(session, 'close');
    release();
    await until(() => door.echo.calls === 1);
    await turn();
    expect(door.internalErrors).toEqual([]);
  });
});

describe('closing', () => {
  test('breaks off the calls that are under way, over both protocols', async () => {
    const { release, arrived } = door.echo.hold();
    const session = http2.connect(door.endpoint);
    session.on('error', () => undefined);
    const outcomes = Promise.allSettled([
      send(door.endpoint, await door.signed()),
      sendOn(session, await door.signed({ ...CALL, http2: true })),
    ]);
    await arrived(2);
    await door.frontDoor.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    release();
    await until(() => door.echo.calls === 2);
    await turn();
    expect(door.internalErrors).toEqual([]);
    await expect(send(door.endpoint, await door.signed())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('may be done twice, or without having listened', async () => {
    await door.frontDoor.close();
    await door.frontDoor.close();
    const { keys, access, clock } = door;
    await new FrontDoor({ keys, access, clock, onInternalError: () => undefined }).close();
  });
});

describe('listening', () => {
  test('is refused on a port that is taken, and works on the next', async () => {
    const { keys, access, clock } = door;
    const second = new FrontDoor({ keys, access, clock, onInternalError: () => undefined });
    await expect(second.listen(door.port)).rejects.toThrow(`listen EADDRINUSE: address already in use 127.0.0.1:${door.port}`);
    expect(() => second.endpoint).toThrow('the front door does not listen yet');
    expect(await second.listen()).toBe(second.endpoint);
    await second.close();
  });

  test('is on the loopback interface only', async () => {
    expect(door.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const socket = net.connect(door.port, '::1');
    const [error] = await once(socket, 'error').catch((reason) => [reason]);
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|EADDRNOTAVAIL/) });
  });
});
