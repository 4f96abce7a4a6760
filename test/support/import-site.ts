import type { RequestListener } from 'node:http';
import { makeCertificate } from './certificate.ts';
import type { Edit } from './changed-sources.ts';
import { type HttpsSite, openSite, PUBLIC_V4 } from './https-site.ts';

/** The name of a site that has a public address. */
export const PUBLIC_HOST = 'manuals.example.com';
/** A name that somebody has set up to lead inside. */
export const PRIVATE_HOST = 'inside.example.com';

const NAMES: Readonly<Record<string, readonly string[]>> = { [PUBLIC_HOST]: [PUBLIC_V4], [PRIVATE_HOST]: ['10.0.0.5'] };
const NETWORK = 'lambdas/manuals/url-import/public-connection.ts';

/** A site on this machine, and the edits by which an import finds it as if it were on the internet. */
export async function openImportSite(answer: RequestListener): Promise<{ readonly site: HttpsSite; readonly edits: readonly Edit[] }> {
  const certificate = makeCertificate([PUBLIC_HOST, PRIVATE_HOST]);
  const site = await openSite(answer, { certificate });
  const edits: readonly Edit[] = [
    {
      file: NETWORK,
      find: "const addresses = await lookup(hostname, { all: true, order: 'verbatim' });",
      replace: `const addresses = (${JSON.stringify(NAMES)}[hostname] ?? []).map((address) => ({ address }));`,
    },
    {
      // Every address leads to the site, and is taken for what it was asked to be.
      file: NETWORK,
      find: 'connect: (host, port) => connect({ host, port }),',
      replace: `
        connect: (value) => Object.defineProperty(connect({ host: '127.0.0.1', port: ${site.port} }), 'remoteAddress', { value }),
        tls: { ca: ${JSON.stringify(certificate.cert)} },`,
    },
    // A server that fails is asked again at once.
    { file: 'lambdas/manuals/import.ts', find: 'RETRY_DELAYS_SECONDS = [15, 120];', replace: 'RETRY_DELAYS_SECONDS = [0, 0];' },
  ];
  return { site, edits };
}
