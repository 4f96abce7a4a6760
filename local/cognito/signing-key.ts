import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';

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

  static async generate(): Promise<SigningKey> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true });
    const jwk = await exportJWK(publicKey);
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
