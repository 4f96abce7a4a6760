import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** What a process may be told from outside, each of which makes Node more lenient or leads it elsewhere. */
const LENIENT_ENVIRONMENT = {
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_OPTIONS: '--disable-warning=ExperimentalWarning --insecure-http-parser --max-http-header-size=1000000',
  NODE_USE_ENV_PROXY: '1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
};

/** Prints how an import of each of these answers ends. */
const IMPORTS = `
  import { openRawSite } from './test/support/https-site.ts';
  import { fetchOver } from './test/support/url-import.ts';

  const HEAD = 'HTTP/1.1 200 OK\\r\\nContent-Type: application/pdf\\r\\n';
  const ends = async (answer, trusted = true) => {
    const site = await openRawSite((socket) => socket.once('data', () => socket.end(answer)));
    const { tls, ...network } = site.network;
    const end = await fetchOver(trusted ? site.network : network, 'https://manuals.example.com/a.pdf').then(
      ({ filename }) => filename,
      ({ reason }) => reason,
    );
    await site.close();
    return end;
  };
  console.log(JSON.stringify({
    found: await ends(HEAD + 'Content-Length: 4\\r\\n\\r\\n%PDF'),
    untrusted: await ends(HEAD + 'Content-Length: 4\\r\\n\\r\\n%PDF', false),
    ambiguous: await ends(HEAD + 'Content-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n4\\r\\n%PDF\\r\\n0\\r\\n\\r\\n'),
    longHead: await ends(HEAD + 'X-Long: ' + 'a'.repeat(20_000) + '\\r\\n\\r\\n'),
  }));
`;

test('nothing in the environment of the process makes it less careful', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', IMPORTS], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { ...process.env, ...LENIENT_ENVIRONMENT },
  });
  expect(JSON.parse(stdout)).toEqual({
    found: 'a.pdf',
    untrusted: 'not_secure',
    ambiguous: 'invalid_answer',
    longHead: 'invalid_answer',
  });
});
