import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** A call as it goes over the wire. */
export interface WireCall {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it goes over HTTP/2, where the host is called `:authority`. */
  readonly http2?: boolean;
}

export interface Signing {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly service: string;
  readonly region?: string;
  /** When it was signed; now when absent. */
  readonly date?: Date;
  /** Headers that the signature leaves out. */
  readonly unsigned?: readonly string[];
}

/** The call to `endpoint` with the signature that AWS's own signer puts into its headers. */
export async function sign(endpoint: string, call: WireCall, signing: Signing): Promise<WireCall> {
  const signed = await signerOf(signing).sign(requestOf(endpoint, call), {
    ...(signing.date && { signingDate: signing.date }),
    unsignableHeaders: new Set(signing.unsigned),
  });
  return { ...call, headers: signed.headers };
}

/** The call to `endpoint` as S3's presigner makes it: with the signature in its query, and whatever body. */
export async function presign(endpoint: string, call: WireCall, signing: Signing, expiresIn = 60): Promise<WireCall> {
  const unsignedBody = { ...call, headers: { ...call.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
  const signed = await signerOf(signing).presign(requestOf(endpoint, unsignedBody), {
    ...(signing.date && { signingDate: signing.date }),
    expiresIn,
  });
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return { ...call, target: `${signed.path}?${query.join('&')}`, headers: signed.headers };
}

function signerOf({ credentials, service, region = 'eu-west-1' }: Signing): SignatureV4 {
  return new SignatureV4({ credentials, service, region, sha256: Sha256, uriEscapePath: service !== 's3' });
}

function requestOf(endpoint: string, { method, target, headers, body, http2 }: WireCall) {
  const { protocol, hostname, host, port } = new URL(endpoint);
  const [path = '', queryString = ''] = target.split(/\?(.*)/s);
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(queryString)) query.set(name, [...(query.get(name) ?? []), value]);
  const named = { ...headers, [http2 ? ':authority' : 'host']: host };
  return {
    method,
    protocol,
    hostname,
    port: Number(port),
    path,
    query: Object.fromEntries(query),
    headers: named,
    ...(body !== undefined && { body }),
  };
}
