import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

/** A number of Amplify's client library, which has no types for them. */
interface LibraryNumber {
  toString(radix: number): string;
  modPow(exponent: LibraryNumber, modulus: LibraryNumber, done: (error: null, power: LibraryNumber) => void): void;
}

const library = createRequire(import.meta.url);
const { default: LibraryNumber } = library('amazon-cognito-identity-js/lib/BigInteger.js') as {
  default: { new (text: string, radix: number): LibraryNumber; readonly prototype: LibraryNumber };
};
const { default: AuthenticationHelper } = library('amazon-cognito-identity-js/lib/AuthenticationHelper.js') as {
  default: { readonly prototype: { generateRandomSmallA(): LibraryNumber } };
};
const integer = (number: LibraryNumber) => {
  const digits = number.toString(16);
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
};

/**
 * Has the engine raise the client library's numbers to powers: its own arithmetic goes digit by digit. The proof of the password stays the
 * library's.
 */
LibraryNumber.prototype.modPow = function (this: LibraryNumber, exponent, modulus, done) {
  const m = integer(modulus);
  let power = 1n;
  // Below zero for half of the differences that are raised.
  let square = ((integer(this) % m) + m) % m;
  for (let rest = integer(exponent); rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = (power * square) % m;
    square = (square * square) % m;
  }
  done(null, new LibraryNumber(power.toString(16), 16));
};

/** A secret of the 256 bits that the protocol asks for (RFC 5054, section 3.1), where the library takes 1024: half of the work of a sign-in. */
AuthenticationHelper.prototype.generateRandomSmallA = () => new LibraryNumber(randomBytes(32).toString('hex'), 16);
