import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A key with a certificate that it has signed itself, both in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tags of DER (ITU-T X.690). */
const TAG = { integer: 2, bitString: 3, octetString: 4, utf8String: 12, generalizedTime: 24, sequence: 0x30, set: 0x31 };
const explicit = (number: number) => 0xa0 + number;
/** Object identifiers as they stand in DER: ecdsa-with-SHA256, commonName, subjectAltName. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');

/** Makes a certificate for these names and addresses (RFC 5280). It is valid until a day from now, or until `notAfter`. */
export function makeCertificate(names: readonly string[], notAfter: Date = new Date(Date.now() + DAY_MS)): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = der(TAG.sequence, ECDSA_WITH_SHA256);
  const subject = der(TAG.sequence, der(TAG.set, der(TAG.sequence, COMMON_NAME, der(TAG.utf8String, Buffer.from('Manuel test')))));
  const serial = createHash('sha256').update(publicKeyInfo).digest().subarray(0, 8);
  // Neither negative nor with a zero in front.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const alternativeNames = der(
    TAG.sequence,
    der(TAG.sequence, SUBJECT_ALT_NAME, der(TAG.octetString, der(TAG.sequence, ...names.map(generalName)))),
  );
  const toSign = der(
    TAG.sequence,
    der(explicit(0), der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial),
    algorithm,
    subject,
    der(TAG.sequence, time(new Date(notAfter.getTime() - 2 * DAY_MS)), time(notAfter)),
    subject,
    publicKeyInfo,
    der(explicit(3), alternativeNames),
  );
  const signature = der(TAG.bitString, Buffer.from([0]), sign('sha256', toSign, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(der(TAG.sequence, toSign, algorithm, signature)),
  };
}

/** A name is [2], an address [7]; only IPv4 is needed. */
const generalName = (name: string): Buffer =>
  isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));

const time = (date: Date): Buffer => der(TAG.generalizedTime, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`));

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
