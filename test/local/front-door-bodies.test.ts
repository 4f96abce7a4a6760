import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_BODY_BYTES } from '../../local/front-door/http-exchange.ts';
import { CALL, type EchoDoor, openEchoDoor, send } from './front-door-support.ts';

let door: EchoDoor;

beforeEach(async () => {
  door = await openEchoDoor();
});

afterEach(() => door.frontDoor.close());

describe('a body', () => {
  const oversized = () => Readable.from(Array.from({ length: 129 }, () => Buffer.alloc(MAX_BODY_BYTES / 128)));

  test('over the limit is refused with 413 once it has been sent, and the connection is kept', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const { headers } = await door.signed();
    const request = http.request(door.endpoint, { method: 'POST', headers, agent });
    oversized().pipe(request);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = await Readable.from(response.setEncoding('utf8')).reduce((all: string, part: string) => all + part, '');
    expect([response.statusCode, JSON.parse(body).code]).toEqual([413, 'RequestEntityTooLargeException']);
    await turn();
    const next = http.request(door.endpoint, { method: 'POST', headers, agent }).end('hello');
    const [answer] = (await once(next, 'response')) as [http.IncomingMessage];
    expect([answer.statusCode, next.reusedSocket]).toEqual([200, true]);
    agent.destroy();
    expect(door.echo.calls).toBe(1);
    expect(door.internalErrors).toEqual([]);
  });
});

describe('an answer', () => {
  const answerWith = (body: Readable) => {
    door.echo.behave = async () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });
  };

  test('that a service fails to give is a 500, and the failure is reported', async () => {
    door.echo.behave = async () => {
      throw new TypeError('a bug');
    };
    const answer = await send(door.endpoint, await door.signed());
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([500, 'InternalFailure']);
    expect(answer.body).not.toContain('a bug');
    expect(door.internalErrors).toEqual([new TypeError('a bug')]);
  });

  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('that streams arrives whole, and breaks off when its source does, over %s', async (_name, overHttp2) => {
    answerWith(Readable.from(['one ', 'two ', 'three']));
    const call = await door.signed({ ...CALL, http2: overHttp2 });
    expect(await send(door.endpoint, call)).toMatchObject({
      status: 200,
      body: 'one two three',
      headers: { 'content-type': 'text/plain' },
    });
    answerWith(
      Readable.from(
        (async function* () {
          yield 'one ';
          await turn();
          throw new Error('broken off');
        })(),
      ),
    );
    await expect(send(door.endpoint, call)).rejects.toThrow();
    expect(door.internalErrors).toEqual([]);
  });

  test('that streams is no longer produced once nobody reads it', async () => {
    const endless = new Readable({ read: () => undefined });
    const ended = new Promise((resolve) => endless.on('close', resolve));
    endless.push('one');
    answerWith(endless);
    const socket = await door.connect();
    socket.write(await door.bytesOf(CALL));
    await once(socket, 'data');
    socket.destroy();
    await ended;
  });
});
