import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All that is handed out for the public internet (IANA, IPv6 address space); the library takes what is not listed for public. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's platform endpoint has a public address, but is a metadata service (Azure, "What is IP address 168.63.129.16?"). */
const PLATFORM_ENDPOINTS: readonly string[] = ['168.63.129.16'];

/**
 * Whether an address, as a resolver or a socket writes it, is one of the public internet. Everything else is not: private,
 * loopback, link-local and reserved ranges, and IPv6 forms that carry an IPv4 address, whichever it is.
 */
export function isPublicAddress(address: string): boolean {
  // The library also reads short, octal and hexadecimal forms, and zones, which name an interface of this machine.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' ? !PLATFORM_ENDPOINTS.includes(address) : parsed.match(GLOBAL_UNICAST);
}

/** Whether two spellings are of one address. */
export function isSameAddress(one: string, other: string): boolean {
  return isIP(one) !== 0 && isIP(other) !== 0 && ipaddr.parse(one).toString() === ipaddr.parse(other).toString();
}
