import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { Socket } from 'node:net';
import { fetchManual } from '../../lambdas/manuals/url-import/fetch-manual.ts';
import { NETWORK } from '../../lambdas/manuals/url-import/public-connection.ts';
import { makeCertificate } from '../support/certificate.ts';
import { openPlainSite, openRawSite, openSite, PUBLIC_V4, PUBLIC_V6, type SiteOptions } from '../support/https-site.ts';
import { fetchOver, notImported, sitesOfATest } from '../support/url-import.ts';

const MANUAL_URL = 'https://manuals.example.com/manual.pdf';
const opened = sitesOfATest();
const site = (answer: RequestListener, options?: SiteOptions) => opened(openSite(answer, options));

const answerPdf: RequestListener = (_request, response) => {
  response.setHeader('Content-Type', 'application/pdf').end('%PDF-1.7');
};

describe('what was checked is what is connected to', () => {
  test('a name is resolved once, and its address is connected to, not the name', async () => {
    const { network, log } = await site(answerPdf);
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ finalUrl: MANUAL_URL });
    expect(log).toEqual(['resolve manuals.example.com', `connect ${PUBLIC_V4}:443`]);
  });

  test('a name that is public at first and private when asked again is asked once only', async () => {
    const answers = [[PUBLIC_V4], ['169.254.169.254']];
    const { network, log } = await site(answerPdf, { names: { 'manuals.example.com': () => answers.shift() ?? [] } });
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ filename: 'manual.pdf' });
    expect(log).toEqual(['resolve manuals.example.com', `connect ${PUBLIC_V4}:443`]);
    expect(answers).toEqual([['169.254.169.254']]);
  });

  test('a name that turns private between a redirect and its target is refused there', async () => {
    const answers = [[PUBLIC_V4], ['169.254.169.254']];
    const { network, log } = await site(redirectTo('/elsewhere.pdf'), { names: { 'manuals.example.com': () => answers.shift() ?? [] } });
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('not_public'));
    expect(log).toEqual(['resolve manuals.example.com', `connect ${PUBLIC_V4}:443`, 'resolve manuals.example.com']);
  });

  test.each(['127.0.0.1', '93.184.216.35', '::1'])('a connection that is found to lead to %s is left, unused', async (remoteAddress) => {
    const requests: string[] = [];
    const elsewhere = await site(
      (request, response) => {
        requests.push(request.url ?? '');
        answerPdf(request, response);
      },
      { remoteAddress },
    );
    await expect(fetchOver(elsewhere.network, MANUAL_URL)).rejects.toEqual(notImported('not_public'));
    await elsewhere.quiet();
    expect([requests, elsewhere.serverNames]).toEqual([[], []]);
  });

  test('an IPv6 address is the same in any spelling', async () => {
    const { network } = await site(answerPdf, {
      names: { 'manuals.example.com': ['2606:2800:0220:0001:0248:1893:25C8:1946'] },
      remoteAddress: PUBLIC_V6,
    });
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ filename: 'manual.pdf' });
  });

  test('IPv4 is tried before IPv6, and the next address when one cannot be reached', async () => {
    const { log, network } = await site(answerPdf, { names: { 'manuals.example.com': [PUBLIC_V6, '93.184.216.1', '93.184.216.2'] } });
    const unreachable = ['93.184.216.1', '93.184.216.2'];
    const flaky: typeof network = {
      ...network,
      connect: (address, port) => {
        const socket = network.connect(address, port);
        return unreachable.includes(address) ? socket.destroy(new Error('connect ECONNREFUSED')) : socket;
      },
    };
    await expect(fetchOver(flaky, MANUAL_URL)).resolves.toMatchObject({ filename: 'manual.pdf' });
    expect(log.slice(1)).toEqual(['connect 93.184.216.1:443', 'connect 93.184.216.2:443', `connect ${PUBLIC_V6}:443`]);
  });

  test('one that is closed again at once cannot be reached', async () => {
    const { network } = await site(answerPdf);
    // A socket that says that it is connected, and to nothing.
    const gone: typeof network = {
      ...network,
      connect: () => {
        const socket = new Socket();
        setImmediate(() => socket.emit('connect'));
        return socket;
      },
    };
    await expect(fetchOver(gone, MANUAL_URL)).rejects.toEqual(notImported('unreachable'));
  });

  test('no more than four addresses are tried', async () => {
    const addresses = Array.from({ length: 9 }, (_, index) => `93.184.216.${index + 1}`);
    const { network, log } = await site(answerPdf, { names: { 'manuals.example.com': addresses } });
    const dead: typeof network = { ...network, connect: (address, port) => network.connect(address, port).destroy(new Error('no route')) };
    await expect(fetchOver(dead, MANUAL_URL)).rejects.toEqual(notImported('unreachable'));
    expect(log).toHaveLength(1 + 4);
  });

  test('the network of this machine connects to the address that it is given', async () => {
    const { network } = await site(answerPdf);
    const local = network.connect(PUBLIC_V4, 443);
    await once(local, 'connect');
    const socket = NETWORK.connect('127.0.0.1', local.remotePort ?? 0);
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    for (const open of [local, socket]) open.destroy();
  });

  test('without a network of a test, an address of this machine is refused all the same', async () => {
    await expect(fetchManual('https://127.0.0.1/manual.pdf')).rejects.toEqual(notImported('not_public'));
  });
});

/** Forwards everything but `/arrived.pdf`, which is a manual. */
function redirectTo(location: string, status = 302): RequestListener {
  return (request, response) => {
    if (request.url === '/arrived.pdf') answerPdf(request, response);
    else response.writeHead(status, { Location: location, 'Set-Cookie': 'session=1' }).end('not a manual');
  };
}

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('%s is followed, to a relative place too', async (status) => {
    const { network } = await site(redirectTo('../arrived.pdf', status));
    await expect(fetchOver(network, 'https://manuals.example.com/a/c')).resolves.toMatchObject({
      finalUrl: 'https://manuals.example.com/arrived.pdf',
    });
  });

  test('each place is resolved, checked and connected to by itself, and told neither cookies nor where one comes from', async () => {
    const headers: string[][] = [];
    const names = { 'manuals.example.com': [PUBLIC_V4], 'cdn.example.net': [PUBLIC_V6] };
    const { network, log, serverNames } = await site(
      (request, response) => {
        headers.push(Object.keys(request.headers).sort());
        redirectTo('https://cdn.example.net/arrived.pdf')(request, response);
      },
      { names },
    );
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ finalUrl: 'https://cdn.example.net/arrived.pdf' });
    expect(log).toEqual(['resolve manuals.example.com', `connect ${PUBLIC_V4}:443`, 'resolve cdn.example.net', `connect ${PUBLIC_V6}:443`]);
    expect(serverNames).toEqual(['manuals.example.com', 'cdn.example.net']);
    expect(headers).toEqual(Array.from({ length: 2 }, () => ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']));
  });

  test.each([
    ['https://169.254.169.254/latest/meta-data/iam/security-credentials/', 'not_public'],
    ['https://[::ffff:169.254.169.254]/', 'not_public'],
    ['https://0xa9fea9fe/', 'not_public'],
    ['//127.0.0.1/', 'not_public'],
    ['//localhost/', 'not_public'],
    ['https://inside.example.com/', 'not_public'],
    ['http://manuals.example.com/arrived.pdf', 'not_https'],
    ['file:///etc/passwd', 'not_https'],
    ['data:application/pdf,%25PDF', 'not_https'],
    ['https://manuals.example.com:8443/arrived.pdf', 'wrong_port'],
    ['https://user:secret@manuals.example.com/arrived.pdf', 'holds_credentials'],
    ['\\\\inside.example.com\\', 'invalid_url'],
    ['https://[', 'invalid_url'],
    [`/${'a'.repeat(2048)}`, 'url_too_long'],
  ] as const)('one to %s is refused as %s', async (location, reason) => {
    const names = { 'manuals.example.com': [PUBLIC_V4], 'inside.example.com': ['10.0.0.5'] };
    const { network, log } = await site(redirectTo(location), { names });
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported(reason));
    expect(log.filter((line) => line.startsWith('connect'))).toEqual([`connect ${PUBLIC_V4}:443`]);
  });

  test('a private address at the end of a chain is refused', async () => {
    const { network } = await site((request, response) => {
      const step = Number(request.url?.slice(1));
      redirectTo(step < 5 ? `/${step + 1}` : 'https://10.0.0.5/')(request, response);
    });
    await expect(fetchOver(network, 'https://manuals.example.com/1')).rejects.toEqual(notImported('not_public'));
  });

  test.each([
    [5, 'resolves'],
    [6, 'rejects'],
  ] as const)('a chain of %s %s', async (length, outcome) => {
    const requests: string[] = [];
    const { network } = await site((request, response) => {
      requests.push(request.url ?? '');
      const left = Number(request.url?.slice(1)) - 1;
      redirectTo(left > 0 ? `/${left}` : '/arrived.pdf')(request, response);
    });
    const fetched = fetchOver(network, `https://manuals.example.com/${length}`);
    if (outcome === 'resolves') await expect(fetched).resolves.toMatchObject({ filename: 'arrived.pdf' });
    else await expect(fetched).rejects.toEqual(notImported('too_many_redirects'));
    expect(requests).toHaveLength(6);
  });

  test('one to itself ends', async () => {
    const { network } = await site(redirectTo(''));
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('too_many_redirects'));
  });

  test('one without a target is no answer', async () => {
    const { network } = await site((_request, response) => response.writeHead(302).end());
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('invalid_answer'));
  });

  test('a target that is not escaped is read as UTF-8', async () => {
    const { network } = await opened(
      openRawSite((socket) => {
        socket.once('data', (request) => {
          const path = /^GET (\S+)/.exec(request.toString())?.[1] ?? '';
          const end = 'Content-Length: 0\r\nConnection: close\r\n\r\n';
          const found = path.endsWith('f%C3%BCr%20alle.pdf');
          socket.end(
            found
              ? `HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n${end}`
              : `HTTP/1.1 302 Found\r\nLocation: /für alle.pdf\r\n${end}`,
          );
        });
      }),
    );
    await expect(fetchOver(network, MANUAL_URL)).resolves.toMatchObject({ filename: 'für alle.pdf' });
  });

  test('the body of a redirect is not waited for, and its connection is left', async () => {
    const redirecting = await site((request, response) => {
      if (request.url === '/arrived.pdf') answerPdf(request, response);
      else response.writeHead(302, { Location: '/arrived.pdf' }).write('and so on');
    });
    await expect(fetchOver(redirecting.network, MANUAL_URL)).resolves.toMatchObject({ filename: 'arrived.pdf' });
    await redirecting.quiet();
  });
});

describe('certificates', () => {
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  test.each([
    ['for another name', makeCertificate(['other.example.com'])],
    ['that has expired', makeCertificate(['manuals.example.com'], yesterday)],
    ['that begins tomorrow', makeCertificate(['manuals.example.com'], new Date(Date.now() + 3 * 24 * 60 * 60 * 1000))],
    ['for an address', makeCertificate([PUBLIC_V4])],
  ])('one %s is refused, nothing is asked for, and the connection is left', async (_title, certificate) => {
    const requests: string[] = [];
    const insecure = await site((request) => requests.push(request.url ?? ''), { certificate });
    await expect(fetchOver(insecure.network, MANUAL_URL)).rejects.toEqual(notImported('not_secure'));
    await insecure.quiet();
    expect(requests).toEqual([]);
  });

  test('one that nobody vouches for is refused', async () => {
    const { network } = await site(answerPdf);
    const { tls: _trusted, ...strict } = network;
    await expect(fetchOver(strict, MANUAL_URL)).rejects.toEqual(notImported('not_secure'));
  });

  test('an address needs one for the address, and sends no name', async () => {
    const right = await site(answerPdf, { certificate: makeCertificate([PUBLIC_V4]) });
    await expect(fetchOver(right.network, `https://${PUBLIC_V4}/manual.pdf`)).resolves.toMatchObject({ filename: 'manual.pdf' });
    expect(right.serverNames).toEqual([false]);
    const wrong = await site(answerPdf, { certificate: makeCertificate(['93.184.216.35']) });
    await expect(fetchOver(wrong.network, `https://${PUBLIC_V4}/manual.pdf`)).rejects.toEqual(notImported('not_secure'));
  });

  test('a server that does not speak TLS has no secure connection', async () => {
    const { network } = await opened(openPlainSite((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')));
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('not_secure'));
  });

  test('a server that leaves while the connection is being secured has none', async () => {
    const { network } = await opened(openPlainSite((socket) => socket.destroy()));
    await expect(fetchOver(network, MANUAL_URL)).rejects.toEqual(notImported('not_secure'));
  });
});
