import type { OutgoingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { openRawSite, openSite } from '../support/https-site.ts';
import { DOCX, fetchOver, notImported, sitesOfATest } from '../support/url-import.ts';

const MANUAL_URL = 'https://manuals.example.com/manual.pdf';
const MEBIBYTE = 1024 * 1024;

const opened = sitesOfATest();

/** A site that answers everything with this. */
const siteWith = (headers: OutgoingHttpHeaders, body: string | Uint8Array = '%PDF-1.7', status = 200) =>
  opened(openSite((_request, response) => response.writeHead(status, headers).end(body)));

/** A site that answers the first bytes of a request with these, and then leaves; or stays. */
const siteSaying = (answer: string | Uint8Array, stays = false) =>
  opened(openRawSite((socket) => socket.once('data', () => (stays ? socket.write(answer) : socket.end(answer)))));

const PDF_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n';

test('a file is asked for as it is, by what names the product and nothing else', async () => {
  const requests: unknown[] = [];
  const { network } = await opened(
    openSite(({ method, url, httpVersion, rawHeaders }, response) => {
      requests.push({ method, url, httpVersion, rawHeaders });
      response.setHeader('Content-Type', 'application/pdf').end();
    }),
  );
  await fetchOver(network, 'https://manuals.example.com/a%20b.pdf?c=d&e#f');
  expect(requests).toEqual([
    {
      method: 'GET',
      url: '/a%20b.pdf?c=d&e',
      httpVersion: '1.1',
      rawHeaders: [
        ['Host', 'manuals.example.com'],
        ['User-Agent', 'Manuel (import of a product manual)'],
        ['Accept', `application/pdf, text/plain, text/markdown, text/html, ${DOCX}, */*;q=0.1`],
        ['Accept-Encoding', 'identity'],
        ['Connection', 'close'],
      ].flat(),
    },
  ]);
});

describe('types', () => {
  test.each([
    ['application/pdf', 'a', 'application/pdf'],
    ['Application/PDF; version=1.7', 'a', 'application/pdf'],
    ['application/x-pdf', 'a', 'application/pdf'],
    ['application/pdf', 'a.txt', 'application/pdf'],
    ['text/plain;charset=utf-8', 'a', 'text/plain'],
    ['text/plain', 'README.md', 'text/markdown'],
    ['text/plain', 'a.html', 'text/plain'],
    ['text/markdown', 'a', 'text/markdown'],
    ['text/x-markdown', 'a', 'text/markdown'],
    ['text/html; charset=utf-8', 'a', 'text/html'],
    ['application/xhtml+xml', 'a', 'text/html'],
    [DOCX, 'a', DOCX],
    ['application/octet-stream', 'a.PDF', 'application/pdf'],
    ['application/octet-stream', 'a.b.docx?download=1', DOCX],
    ['binary/octet-stream', 'a.md', 'text/markdown'],
    ['application/x-download', 'a.htm', 'text/html'],
    ['', 'a.txt', 'text/plain'],
    [undefined, 'a.pdf', 'application/pdf'],
  ])('%s and a URL that ends in %s are %s', async (contentType, end, expected) => {
    const { network } = await siteWith(contentType === undefined ? {} : { 'Content-Type': contentType });
    await expect(fetchOver(network, `https://manuals.example.com/${end}`)).resolves.toMatchObject({ contentType: expected });
  });

  test.each([
    ['image/png', 'a.pdf'],
    ['application/json', 'a.pdf'],
    ['application/zip', 'a.docx'],
    ['application/pdfx', 'a.pdf'],
    ['text/plain, text/html', 'a.txt'],
    ['application/octet-stream', 'a'],
    ['application/octet-stream', 'a.exe'],
    ['application/octet-stream', 'a.pdf/'],
    ['application/octet-stream', 'download?file=a.pdf'],
    [undefined, ''],
  ])('%s and a URL that ends in “%s” are refused before anything is read, and the connection is left', async (contentType, end) => {
    const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
    const site = await siteSaying(`HTTP/1.1 200 OK\r\n${type}Content-Length: 1000\r\n\r\n`, true);
    await expect(fetchOver(site.network, `https://manuals.example.com/${end}`)).rejects.toEqual(notImported('wrong_type'));
    await site.quiet();
  });

  test('the name that the server gives counts before that of the URL', async () => {
    const { network } = await siteWith({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment; filename="Guide.pdf"',
    });
    await expect(fetchOver(network, 'https://manuals.example.com/download?id=5')).resolves.toMatchObject({
      contentType: 'application/pdf',
      filename: 'Guide.pdf',
    });
    await expect(fetchOver(network, 'https://manuals.example.com/a.txt')).resolves.toMatchObject({ contentType: 'application/pdf' });
  });

  test.each([
    ['text/html', 'manual.html'],
    ['application/pdf', 'manual.pdf'],
    [DOCX, 'manual.docx'],
    ['text/markdown', 'manual.md'],
    ['text/plain', 'manual.txt'],
  ])('without any name, %s is %s', async (contentType, filename) => {
    const { network } = await siteWith({ 'Content-Type': contentType });
    await expect(fetchOver(network, 'https://manuals.example.com/')).resolves.toMatchObject({ filename });
  });
});

describe('size', () => {
  const limits = { maxBytes: 1000 };
  const type = { 'Content-Type': 'application/pdf' };

  test('exactly the limit arrives whole', async () => {
    const body = Buffer.alloc(1000, 'x');
    for (const headers of [{ ...type, 'Content-Length': 1000 }, type]) {
      const { network } = await siteWith(headers, body);
      await expect(fetchOver(network, MANUAL_URL, limits)).resolves.toMatchObject({ bytes: body });
    }
  });

  test('a length beyond it is refused before a byte of it is sent', async () => {
    const { network } = await siteSaying(`${PDF_HEAD}Content-Length: 1001\r\n\r\n`, true);
    await expect(fetchOver(network, MANUAL_URL, limits)).rejects.toEqual(notImported('too_large'));
  });

  test('a body without end is refused once it is beyond it, and the connection ended', async () => {
    let sent = 0;
    const { network } = await opened(
      openSite((_request, response) => {
        response.writeHead(200, type);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(16 * 1024))) sent += 16 * 1024;
        };
        response.on('drain', more);
        more();
      }),
    );
    await expect(fetchOver(network, MANUAL_URL, limits)).rejects.toEqual(notImported('too_large'));
    expect(sent).toBeLessThan(16 * MEBIBYTE);
  });

  test('an empty file is a file: whoever reads it says so', async () => {
    const { network } = await siteWith({ ...type, 'Content-Length': 0 }, '');
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ bytes: Buffer.alloc(0) });
  });
});

describe('compression', () => {
  const text = 'To descale the machine, fill the tank. '.repeat(100);
  const type = { 'Content-Type': 'text/plain' };

  test.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
  ])('“%s” is undone all the same', async (encoding, body) => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': encoding }, body);
    const { bytes } = await fetchOver(network, MANUAL_URL);
    expect(Buffer.from(bytes).toString()).toBe(text);
  });

  test.each(['compress', 'zstd', 'gzip, gzip', 'gzip, br', 'identity, gzip', 'aes128gcm'])('“%s” is refused', async (encoding) => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': encoding }, gzipSync(gzipSync(text)));
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('unknown_encoding'));
  });

  const BOMB = Buffer.alloc(8 * MEBIBYTE);
  test.each([
    ['gzip', gzipSync(BOMB)],
    ['deflate', deflateSync(BOMB)],
    ['br', brotliCompressSync(BOMB)],
  ])('a bomb of %s is refused by how much it expands', async (encoding, body) => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': encoding }, body);
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('expands_too_much'));
  });

  test('what expands less is refused by its size after decompression', async () => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': 'gzip' }, gzipSync(text));
    await expect(fetchOver(network, MANUAL_URL, { maxBytes: text.length - 1 })).rejects.toEqual(notImported('too_large'));
    await expect(fetchOver(network, MANUAL_URL, { maxBytes: text.length })).resolves.toMatchObject({ bytes: Buffer.from(text) });
  });

  test('what does not expand at all is refused by its size before decompression', async () => {
    const nothing = Buffer.concat(Array.from({ length: 1000 }, () => gzipSync('')));
    const { network } = await siteWith({ ...type, 'Content-Encoding': 'gzip' }, nothing);
    await expect(fetchOver(network, MANUAL_URL, { maxBytes: 1000 })).rejects.toEqual(notImported('too_large'));
  });

  test('a short text may expand as it likes', async () => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': 'gzip' }, gzipSync(Buffer.alloc(MEBIBYTE, 'a')));
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ bytes: { length: MEBIBYTE } });
  });

  test.each([
    ['breaks off', gzipSync(text).subarray(0, 40)],
    ['is none', Buffer.from(text)],
    ['has a wrong checksum', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)])],
  ])('one that %s has failed', async (_title, body) => {
    const { network } = await siteWith({ ...type, 'Content-Encoding': 'gzip' }, body);
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('broken_off'));
  });
});

describe('answers of HTTP/1.1', () => {
  test.each([201, 202, 203, 204, 206, 300, 304, 305, 400, 401, 403, 404, 410, 429, 500, 503])('%s is told', async (status) => {
    const { network } = await siteWith({ 'Content-Type': 'application/pdf', Location: '/other.pdf' }, '', status);
    const failure = await fetchOver(network, MANUAL_URL).catch((error: unknown) => error);
    expect(failure).toEqual(notImported('bad_status'));
    expect(failure).toMatchObject({ failure: 'import_failed', message: expect.stringContaining(`${status}`) });
  });

  test.each([
    ['in chunks, with extensions and a trailer', `${PDF_HEAD}Transfer-Encoding: chunked\r\n\r\n4;a=b\r\n%PDF\r\n0\r\nX-Trailer: 1\r\n\r\n`],
    ['without a length, up to its end', `${PDF_HEAD}\r\n%PDF`],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF'],
    [
      'after early hints',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${PDF_HEAD}Content-Length: 4\r\n\r\n%PDF`,
    ],
    ['with a first type, which counts', `${PDF_HEAD}Content-Type: image/png\r\nContent-Length: 4\r\n\r\n%PDF`],
  ])('a body %s arrives', async (_title, answer) => {
    const { network } = await siteSaying(answer);
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ bytes: Buffer.from('%PDF') });
  });

  test('a server that keeps the connection is not waited for, and left', async () => {
    const site = await siteSaying(`${PDF_HEAD}Connection: keep-alive\r\nContent-Length: 4\r\n\r\n%PDF`, true);
    await expect(fetchOver(site.network, MANUAL_URL)).resolves.toMatchObject({ bytes: Buffer.from('%PDF') });
    await site.quiet();
  });

  test.each([
    ['is another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['has no head', '%PDF-1.7\r\n'],
    ['has two lengths', `${PDF_HEAD}Content-Length: 4\r\nContent-Length: 5\r\n\r\n%PDF-`],
    ['has a length that is no number', `${PDF_HEAD}Content-Length: -4\r\n\r\n%PDF`],
    ['has a length and chunks', `${PDF_HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n%PDF\r\n0\r\n\r\n`],
    ['has a line of its head without a name', `${PDF_HEAD}no colon\r\n\r\n`],
    ['has a NUL in its head', `${PDF_HEAD}X-Nul: a\u0000b\r\n\r\n`],
    ['has a head without end', `${PDF_HEAD}X-Long: ${'a'.repeat(20_000)}`],
    [
      'has more than 16 KiB of head',
      `${PDF_HEAD}${Array.from({ length: 20 }, (_, index) => `X-${index}: ${'a'.repeat(1000)}\r\n`).join('')}\r\n`,
    ],
    ['has no status', 'HTTP/1.1 OK\r\n\r\n'],
  ])('one that %s is not understood', async (_title, answer) => {
    const { network } = await siteSaying(answer, true);
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('invalid_answer'));
  });

  test.each([
    ['before the head', ''],
    ['within the head', PDF_HEAD],
    ['after early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['with another protocol to switch to', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'],
    ['before the body', `${PDF_HEAD}Content-Length: 10\r\n\r\n`],
    ['within the body', `${PDF_HEAD}Content-Length: 10\r\n\r\n%PDF`],
    ['between two chunks', `${PDF_HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\n%PDF\r\n`],
    ['within a chunk', `${PDF_HEAD}Transfer-Encoding: chunked\r\n\r\n400\r\n%PDF`],
    ['with a chunk of a length that is no number', `${PDF_HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\n%PDF\r\nxyz\r\n`],
  ])('one that breaks off %s has failed', async (_title, answer) => {
    const { network } = await siteSaying(answer);
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('broken_off'));
  });

  test.each(['before the head', 'within the body'])('a connection that is reset %s has failed', async (where) => {
    const { network } = await opened(
      openRawSite((socket) => {
        socket.once('data', () => {
          if (where === 'within the body') socket.write(`${PDF_HEAD}Content-Length: 10\r\n\r\n%PDF`);
          setImmediate(() => socket.destroy());
        });
      }),
    );
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('broken_off'));
  });
});
