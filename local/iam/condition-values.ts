import { BlockList, isIP } from 'node:net';
import { PolicyRefusal } from './policy-refusal.ts';

/** Whether a value of the request meets one value of the policy. */
export type FixedTest = (actual: string) => boolean;

type Comparison = (actual: number, wanted: number) => boolean;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const EPOCH_SECONDS = /^\d+$/;
/** https://www.w3.org/TR/NOTE-datetime, without the year alone, which could as well be seconds since 1970. */
const W3C_DATE = /^\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?$/;

/** Integers and decimals; anything else in the request is neither equal, less nor greater. */
export function numberTest(compare: Comparison): (wanted: string) => FixedTest {
  return (wanted) => {
    const bound = numberOf(wanted);
    if (bound === undefined) throw new PolicyRefusal(`"${wanted}" is not a number`);
    return (actual) => {
      const value = numberOf(actual);
      return value !== undefined && compare(value, bound);
    };
  };
}

/** Dates of ISO 8601 and seconds since 1970; either may be compared with the other. */
export function dateTest(compare: Comparison): (wanted: string) => FixedTest {
  return (wanted) => {
    const bound = epochMsOf(wanted);
    if (bound === undefined) throw new PolicyRefusal(`"${wanted}" is not a date of ISO 8601, nor seconds since 1970`);
    return (actual) => {
      const value = epochMsOf(actual);
      return value !== undefined && compare(value, bound);
    };
  };
}

export function booleanTest(wanted: string): FixedTest {
  if (wanted !== 'true' && wanted !== 'false') throw new PolicyRefusal(`"${wanted}" is neither "true" nor "false"`);
  return (actual) => actual === wanted;
}

/** Both sides are base64, and are compared byte for byte. */
export function binaryTest(wanted: string): FixedTest {
  const bytes = Buffer.from(wanted, 'base64');
  if (bytes.toString('base64') !== wanted) throw new PolicyRefusal(`"${wanted}" is not base64`);
  return (actual) => bytes.equals(Buffer.from(actual, 'base64'));
}

/**
 * An address or a range, of version 4 or 6. AWS's default prefix of /32 can hardly be meant for a bare address of version 6,
 * which is therefore refused.
 */
export function addressTest(wanted: string): FixedTest {
  const [address = '', prefix = '32', ...others] = wanted.split('/');
  const version = isIP(address);
  const isBare = !wanted.includes('/');
  if (version === 0 || others.length > 0 || !/^\d+$/.test(prefix) || Number(prefix) > (version === 4 ? 32 : 128)) {
    throw new PolicyRefusal(`"${wanted}" is not an address or a CIDR range`);
  }
  if (version === 6 && isBare) throw new PolicyRefusal(`the IPv6 address "${wanted}" needs a prefix, such as /128`);
  const range = new BlockList();
  range.addSubnet(address, Number(prefix), family(version));
  return (actual) => isIP(actual) !== 0 && range.check(actual, family(isIP(actual)));
}

function family(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6';
}

function numberOf(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

function epochMsOf(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return text.length === 4 ? undefined : Number(text) * 1000;
  const epochMs = W3C_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
