import { createHash, createHmac, getDiffieHellman, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/*
 * The server's half of SRP-6a as Cognito speaks it: the 3072-bit group of RFC 3526 with generator 2, SHA-256, and a
 * session key from HKDF. Numbers are hashed as Java's BigInteger writes them, in the fewest bytes that keep the sign
 * bit clear. Clients: https://github.com/aws-amplify/amplify-js, `AuthenticationHelper`.
 */
const N = BigInt(`0x${getDiffieHellman('modp15').getPrime('hex')}`);
const g = 2n;
const k = hashToInteger(bytesOf(N), bytesOf(g));
const KEY_INFO = 'Caldera Derived Key';
const KEY_BYTES = 16;

/** Whose password it is. The name is the part of the pool's id after the underscore; the user id is what clients get as `USER_ID_FOR_SRP`. */
export interface SrpIdentity {
  readonly poolName: string;
  readonly userId: string;
}

/** All that is kept of a password, both numbers in hexadecimal. */
export interface PasswordVerifier {
  readonly salt: string;
  readonly verifier: string;
}

/** One exchange, from the challenge to the proof, its numbers in hexadecimal. */
export interface SrpExchange {
  readonly identity: SrpIdentity;
  readonly clientPublic: string;
  readonly serverPrivate: string;
  /** The SRP_B to reply with. */
  readonly serverPublic: string;
  readonly verifier: string;
}

/** What a client sends to prove that it knows the password. */
interface PasswordClaim {
  /** The challenge's SECRET_BLOCK, in base64. */
  readonly secretBlock: string;
  /** As the client wrote it. The proof covers it, and it is not judged: no client's clock can be advanced. */
  readonly timestamp: string;
  /** In base64. */
  readonly signature: string;
}

export function createVerifier(identity: SrpIdentity, password: string, salt = randomBytes(16).toString('hex')): PasswordVerifier {
  const saltNumber = integer(salt);
  const x = hashToInteger(bytesOf(saltNumber), sha256(Buffer.from(`${identity.poolName}${identity.userId}:${password}`)));
  return { salt: saltNumber.toString(16), verifier: modPow(g, x, N).toString(16) };
}

/** Whether the password is the one that the verifier was made from. */
export function matchesVerifier(identity: SrpIdentity, known: PasswordVerifier, password: string): boolean {
  return createVerifier(identity, password, known.salt).verifier === known.verifier;
}

/** Whether this is a public value that a client may send: hexadecimal, and not a multiple of the group's prime. */
export function isClientPublic(hex: string): boolean {
  return /^[0-9a-f]{1,1024}$/i.test(hex) && integer(hex) % N !== 0n;
}

/** Answers a client's public value (SRP_A). */
export function startExchange(identity: SrpIdentity, { verifier }: PasswordVerifier, clientPublic: string): SrpExchange {
  const serverPrivate = randomBytes(32).toString('hex');
  const serverPublic = ((k * integer(verifier) + modPow(g, integer(serverPrivate), N)) % N).toString(16);
  return { identity, clientPublic, serverPrivate, serverPublic, verifier };
}

/** Whether the claim was signed by someone who knows the password. */
export function provesPassword(exchange: SrpExchange, claim: PasswordClaim): boolean {
  const { identity } = exchange;
  const clientPublic = integer(exchange.clientPublic);
  const u = hashToInteger(bytesOf(clientPublic), bytesOf(integer(exchange.serverPublic)));
  const shared = modPow(clientPublic * modPow(integer(exchange.verifier), u, N), integer(exchange.serverPrivate), N);
  const key = Buffer.from(hkdfSync('sha256', bytesOf(shared), bytesOf(u), KEY_INFO, KEY_BYTES));
  const expected = createHmac('sha256', key)
    .update(identity.poolName + identity.userId)
    .update(Buffer.from(claim.secretBlock, 'base64'))
    .update(claim.timestamp)
    .digest();
  const given = Buffer.from(claim.signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function integer(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return Buffer.from(/^[89a-f]/i.test(even) ? `00${even}` : even, 'hex');
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function hashToInteger(...parts: Buffer[]): bigint {
  return integer(sha256(...parts).toString('hex'));
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
