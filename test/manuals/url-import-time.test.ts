import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type HttpsSite, openPlainSite, openRawSite, openSite, PUBLIC_V4 } from '../support/https-site.ts';
import { fetchOver, notImported, sitesOfATest } from '../support/url-import.ts';

const MANUAL_URL = 'https://manuals.example.com/manual.pdf';
/** Longer than anything here takes. */
const LONG = { connectMs: 50_000, idleMs: 50_000, totalMs: 50_000 };
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 1000\r\n\r\n';

const opened = sitesOfATest();

/** Writes one byte after the other, as long as somebody listens. */
async function trickle(socket: Socket, text: string): Promise<void> {
  for (const character of text) {
    await delay(5);
    if (socket.destroyed) return;
    socket.write(character);
  }
}

const SILENCE: readonly (readonly [string, () => Promise<HttpsSite>])[] = [
  ['instead of a secure connection', () => openPlainSite(() => undefined)],
  ['instead of an answer', () => openRawSite(() => undefined)],
  ['within the head', () => openRawSite((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Type: appl'))],
  ['within the body', () => openRawSite((socket) => socket.write(`${HEAD}%PDF`))],
];

test.each(SILENCE)('silence %s ends the import, whether that or the whole is limited, and the connection', async (_where, open) => {
  const site = await opened(open());
  await expect(fetchOver(site.network, MANUAL_URL, { ...LONG, idleMs: 40 })).rejects.toEqual(notImported('timeout'));
  await expect(fetchOver(site.network, MANUAL_URL, { ...LONG, totalMs: 40 })).rejects.toEqual(notImported('timeout'));
  await site.quiet();
});

test.each([
  ['head', 'HTTP/1.1 200 OK\r\nX-Slow: '],
  ['body', HEAD],
])('a %s that never ends, byte by byte, is ended by the limit for the whole', async (_where, beginning) => {
  const { network } = await opened(
    openRawSite((socket) => {
      socket.write(beginning);
      void trickle(socket, 'x'.repeat(1000));
    }),
  );
  await expect(fetchOver(network, MANUAL_URL, { ...LONG, totalMs: 80 })).rejects.toEqual(notImported('timeout'));
});

test('a chain of slow redirects counts as a whole', async () => {
  const { network } = await opened(
    openSite(async (_request, response) => {
      await delay(30);
      response.writeHead(302, { Location: '/' }).end();
    }),
  );
  await expect(fetchOver(network, MANUAL_URL, { ...LONG, totalMs: 80 })).rejects.toEqual(notImported('timeout'));
});

test('a body that takes longer than a silence may, but is never silent, arrives; that of a redirect before it may be silent', async () => {
  const { network } = await opened(
    openSite(async (request, response) => {
      if (request.url !== '/slow.txt') return void response.writeHead(302, { Location: '/slow.txt' }).write('.');
      response.setHeader('Content-Type', 'text/plain');
      for (let sent = 0; sent < 60; sent += 1) {
        await delay(20);
        response.write('.');
      }
      response.end();
    }),
  );
  await expect(fetchOver(network, MANUAL_URL, { ...LONG, idleMs: 1000 })).resolves.toMatchObject({ bytes: Buffer.from('.'.repeat(60)) });
});

test('a name that is not resolved in time', async () => {
  const { network } = await opened(openPlainSite(() => undefined));
  const silent: typeof network = { ...network, resolve: () => new Promise(() => undefined) };
  await expect(fetchOver(silent, MANUAL_URL, { ...LONG, totalMs: 20 })).rejects.toEqual(notImported('timeout'));
});

test('an address that does not answer gives way to the next, and is left', async () => {
  const names = { 'manuals.example.com': ['93.184.216.1', PUBLIC_V4] };
  const site = await opened(openSite((_request, response) => response.setHeader('Content-Type', 'application/pdf').end('%PDF'), { names }));
  // A socket that nobody connects.
  const silence = new Socket();
  const network: typeof site.network = {
    ...site.network,
    connect: (address, port) => (address === PUBLIC_V4 ? site.network.connect(address, port) : silence),
  };
  await expect(fetchOver(network, MANUAL_URL, { ...LONG, connectMs: 500 })).resolves.toMatchObject({ filename: 'manual.pdf' });
  expect(silence.destroyed).toBe(true);
});

test('when no address answers, the limit for the whole ends it, and no other is tried', async () => {
  const names = { 'manuals.example.com': ['93.184.216.1', '93.184.216.2'] };
  const { network } = await opened(openRawSite(() => undefined, { names }));
  const silences: Socket[] = [];
  const silent: typeof network = {
    ...network,
    connect: () => {
      const socket = new Socket();
      silences.push(socket);
      return socket;
    },
  };
  await expect(fetchOver(silent, MANUAL_URL, { ...LONG, totalMs: 30 })).rejects.toEqual(notImported('timeout'));
  await delay(1);
  expect(silences.map(({ destroyed }) => destroyed)).toEqual([true]);
});

test.each(SILENCE)('a caller that gives up during silence %s gets its own reason', async (_where, open) => {
  const site = await opened(open());
  const controller = new AbortController();
  const fetched = fetchOver(site.network, MANUAL_URL, LONG, controller.signal);
  setTimeout(() => controller.abort(new Error('the function is about to end')), 30);
  await expect(fetched).rejects.toThrow('the function is about to end');
  await site.quiet();
});

test('a caller that has given up already connects to nothing', async () => {
  const { network, log } = await opened(openPlainSite(() => undefined));
  await expect(fetchOver(network, MANUAL_URL, LONG, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  expect(log).toEqual([]);
});
