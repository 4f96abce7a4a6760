/** On every response, whatever it says (OWASP HTTP headers cheat sheet; product.md names them). */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '0',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** What a page of another origin may send besides what every page may. */
export const ACCEPTED_HEADERS = 'Authorization,Content-Type,Accept';

/** What a page of another origin may read. */
export const EXPOSED_HEADERS = 'Location, Retry-After, X-Request-Id';

/** The CORS headers for a request from `origin`; `allowedOrigins` is `*` or a list separated by commas. */
export function corsHeaders(allowedOrigins: string, origin: string | undefined): Record<string, string> {
  if (allowedOrigins === '*') return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
  if (origin === undefined || !allowedOrigins.split(',').includes(origin)) return { Vary: 'Origin' };
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS, Vary: 'Origin' };
}
