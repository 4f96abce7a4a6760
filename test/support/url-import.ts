import { type FetchedManual, fetchManual, IMPORT_LIMITS, type ImportLimits } from '../../lambdas/manuals/url-import/fetch-manual.ts';
import type { ImportReason } from '../../lambdas/manuals/url-import/import-failure.ts';
import type { Network } from '../../lambdas/manuals/url-import/public-connection.ts';
import type { HttpsSite } from './https-site.ts';

export const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** Fetches over this network, within the limits of the product but for those given. */
export const fetchOver = (
  network: Network,
  url: string,
  limits: Partial<ImportLimits> = {},
  signal?: AbortSignal,
): Promise<FetchedManual> => fetchManual(url, { network, limits: { ...IMPORT_LIMITS, ...limits }, ...(signal && { signal }) });

/** What is thrown for this reason. */
export const notImported = (reason: ImportReason) => expect.objectContaining({ name: 'ManualNotImported', reason });

/** Makes what opens a site for the test that runs, and closes those of this file after each test. */
export function sitesOfATest(): (opening: Promise<HttpsSite>) => Promise<HttpsSite> {
  const sites: HttpsSite[] = [];
  afterEach(async () => {
    await Promise.all(sites.splice(0).map((site) => site.close()));
  });
  return async (opening) => {
    const site = await opening;
    sites.push(site);
    return site;
  };
}
