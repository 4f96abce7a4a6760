import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import type { RuntimeFile } from '../../local/runtime-file.ts';

type Part = 'header' | 'payload' | 'signature';

/** What an attacker knows: somebody's genuine token, and the public key that the pool signs with. */
export class Forger {
  readonly #token: string;
  readonly #publicKey: KeyObject;
  readonly #stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

  private constructor(token: string, publicKey: KeyObject) {
    this.#token = token;
    this.#publicKey = publicKey;
  }

  static async of({ aws_endpoint, user_pool_id }: Pick<RuntimeFile, 'aws_endpoint' | 'user_pool_id'>, token: string): Promise<Forger> {
    const response = await fetch(`${aws_endpoint}/${user_pool_id}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: readonly JsonWebKey[] };
    const key = keys.find(({ kid }) => kid === headerOf(token).kid);
    if (!key) throw new Error('the pool publishes no key of that id');
    return new Forger(token, createPublicKey({ key, format: 'jwk' }));
  }

  /** One bit turned over: of the key's id, of the user's, or of the signature. All three parts stay well-formed. */
  flipped(part: Part): string {
    const parts = this.#token.split('.');
    const index = ['header', 'payload', 'signature'].indexOf(part);
    const bytes = Buffer.from(parts[index] ?? '', 'base64url');
    const place = { header: () => after(bytes, '"kid":"'), payload: () => after(bytes, '"sub":"'), signature: () => 0 }[part]();
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    return parts.with(index, bytes.toString('base64url')).join('.');
  }

  /** Says that it needs no signature, and has none. */
  unsigned(): string {
    return `${this.#content({ alg: 'none' })}.`;
  }

  /** Signed with the pool's public key as though it were a shared secret. */
  signedWithPublicKey(): string {
    const content = this.#content({ ...headerOf(this.#token), alg: 'HS256' });
    const secret = this.#publicKey.export({ type: 'spki', format: 'pem' });
    return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
  }

  /** Signed with a key of the forger's own, under the name of the pool's. */
  signedByStranger(): string {
    return this.#signedWithOwnKey(headerOf(this.#token));
  }

  /** The same, with the forger's public key in the header for whoever takes it from there. */
  signedByStrangerWithKey(): string {
    return this.#signedWithOwnKey({ ...headerOf(this.#token), jwk: this.#stranger.publicKey.export({ format: 'jwk' }) });
  }

  /** The same claims of another pool, signed with a key that would be its. */
  ofAnotherPool(): string {
    return this.#signedWithOwnKey({ kid: 'another', alg: 'RS256' }, { iss: `${this.#claims['iss']}0` });
  }

  #signedWithOwnKey(header: object, claims: object = {}): string {
    const content = this.#content(header, claims);
    return `${content}.${sign('sha256', Buffer.from(content), this.#stranger.privateKey).toString('base64url')}`;
  }

  get #claims(): Readonly<Record<string, unknown>> {
    return JSON.parse(Buffer.from(this.#token.split('.')[1] ?? '', 'base64url').toString());
  }

  #content(header: object, claims: object = {}): string {
    const parts = [header, { ...this.#claims, ...claims }];
    return parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  }
}

function headerOf(token: string): { readonly kid: string; readonly alg: string } {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}

function after(bytes: Buffer, text: string): number {
  const place = bytes.indexOf(text);
  if (place < 0) throw new Error(`the token has no ${text}`);
  return place + text.length;
}
