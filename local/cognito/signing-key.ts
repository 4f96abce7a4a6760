import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';

const ALGORITHM = 'RS256';

/** A pool's RSA key pair: signs its tokens and verifies them. */
export class SigningKey {
  readonly #privateKey: CryptoKey;
  readonly #publicKey: CryptoKey;
  /** The public half, as the pool's `jwks.json` publishes it. */
  readonly jwk: JWK & { readonly kid: string };

  private constructor(privateKey: CryptoKey, publicKey: CryptoKey, jwk: JWK & { kid: string }) {
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.jwk = jwk;
  }

  /** A new key pair, as a private JWK: what `of` takes. */
  static async generate(): Promise<JWK> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true });
    return exportJWK(privateKey);
  }

  static async of(pair: JWK): Promise<SigningKey> {
    const jwk: JWK = { kty: 'RSA', e: pair.e ?? '', n: pair.n ?? '' };
    const [privateKey, publicKey] = [await importJWK(pair, ALGORITHM), await importJWK(jwk, ALGORITHM)] as [CryptoKey, CryptoKey];
    const kid = await calculateJwkThumbprint(jwk);
    return new SigningKey(privateKey, publicKey, { alg: ALGORITHM, e: jwk.e ?? '', kid, kty: 'RSA', n: jwk.n ?? '', use: 'sig' });
  }

  sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ kid: this.jwk.kid, alg: ALGORITHM }).sign(this.#privateKey);
  }

  /** The claims of a token that this key signed for that issuer and that has not expired at `nowMs`. Throws jose's errors otherwise. */
  async verify(token: string, issuer: string, nowMs: number): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#publicKey, {
      issuer,
      algorithms: [ALGORITHM],
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'sub', 'token_use'],
    });
    return payload;
  }
}
