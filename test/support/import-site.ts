import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeCertificate } from './certificate.ts';
import type { Edit } from './changed-sources.ts';
import { openSite, PUBLIC_V4 } from './https-site.ts';

/** The name of a site that has a public address. */
export const PUBLIC_HOST = 'manuals.example.com';
/** A name that somebody has set up to lead inside. */
export const PRIVATE_HOST = 'inside.example.com';

const NAMES: Readonly<Record<string, readonly string[]>> = { [PUBLIC_HOST]: [PUBLIC_V4], [PRIVATE_HOST]: ['10.0.0.5'] };
const NETWORK = 'lambdas/manuals/url-import/public-connection.ts';

/** What a page answers. */
export type Page = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A site on this machine, which an import finds as if it were on the internet. */
export interface ImportSite {
  /** Of the sources, so that it finds it. */
  readonly edits: readonly Edit[];
  /** The paths that it was asked for. */
  readonly asked: string[];
  /** Publishes a page, in place of another one of that path, and returns its address. */
  publish(path: string, page: Page): string;
  close(): Promise<void>;
}

/** Opens a site without pages. */
export async function openImportSite(): Promise<ImportSite> {
  const pages = new Map<string, Page>();
  const asked: string[] = [];
  const certificate = makeCertificate([PUBLIC_HOST, PRIVATE_HOST]);
  const site = await openSite(
    (request, response) => {
      const { url = '' } = request;
      asked.push(url);
      const page = pages.get(url);
      if (page) page(request, response);
      else response.writeHead(404).end();
    },
    { certificate },
  );
  return {
    edits: editsFor(site.port, certificate.cert),
    asked,
    publish: (path, page) => {
      pages.set(path, page);
      return `https://${PUBLIC_HOST}${path}`;
    },
    close: () => site.close(),
  };
}

const editsFor = (port: number, certificate: string): readonly Edit[] => [
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
        connect: (value) => Object.defineProperty(connect({ host: '127.0.0.1', port: ${port} }), 'remoteAddress', { value }),
        tls: { ca: ${JSON.stringify(certificate)} },`,
  },
  // A server that fails is asked again at once.
  { file: 'lambdas/manuals/import.ts', find: 'RETRY_DELAYS_SECONDS = [15, 120];', replace: 'RETRY_DELAYS_SECONDS = [0, 0];' },
];
