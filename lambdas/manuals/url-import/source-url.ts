import { isIP } from 'node:net';
import { ManualNotImported } from './import-failure.ts';
import { isPublicAddress } from './public-address.ts';

const MAX_URL_CHARACTERS = 2048;
/** The URL standard drops some of these and reads a backslash as a slash, where other readers do not. */
const AMBIGUOUS = /[\p{Cc}\\]/u;
/** Names that are resolved on the machine or its network only: RFC 6761, RFC 6762, RFC 8375, ICANN on `.internal`. */
const LOCAL_NAME = /(^|\.)(localhost|localdomain|local|internal|home\.arpa)$/;

/**
 * The URL to fetch, without fragment. Throws ManualNotImported for one that may not be fetched whatever its name resolves to.
 * @param base what a redirect came from
 */
export function parseSourceUrl(text: string, base?: URL): URL {
  if (text.length > MAX_URL_CHARACTERS) throw new ManualNotImported('url_too_long');
  const url = AMBIGUOUS.test(text) ? null : URL.parse(text, base?.href);
  if (!url) throw new ManualNotImported('invalid_url');
  // Escaped, a URL may be several times as long.
  if (url.href.length > MAX_URL_CHARACTERS) throw new ManualNotImported('url_too_long');
  if (url.protocol !== 'https:') throw new ManualNotImported('not_https');
  if (url.username !== '' || url.password !== '') throw new ManualNotImported('holds_credentials');
  // The standard drops the scheme's own port, 443.
  if (url.port !== '') throw new ManualNotImported('wrong_port');
  if (!isPublicName(hostOf(url))) throw new ManualNotImported('not_public');
  url.hash = '';
  return url;
}

/** The name or the address, that of IPv6 without brackets. The URL standard has made every spelling of an address canonical. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether it is a full name that may be public, or an address that is. What a name leads to is looked at where it is connected to. */
function isPublicName(host: string): boolean {
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !host.endsWith('.') && !LOCAL_NAME.test(host);
}
