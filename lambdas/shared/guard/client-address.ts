import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/** Whoever has an IPv6 address has the 2⁶⁴ that begin alike: a site is given no fewer (RFC 6177, section 2), so they count as one. */
const IPV6_SITE_BYTES = 8;
/** Of the hash: 128 bits, so that no two networks meet. */
const HASH_CHARACTERS = 32;

/**
 * Tells whether an address lies in one of these ranges, which are in CIDR notation and read once. An IPv4 address is the same in its IPv6
 * form; what is no address lies in none.
 */
export function within(ranges: readonly string[]): (address: string) => boolean {
  const networks = ranges.map((range) => asIpv4(ipaddr.parseCIDR(range)));
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const client = ipaddr.process(address);
    return networks.some(([network, bits]) => network.kind() === client.kind() && client.match(network, bits));
  };
}

/** A range of IPv4 addresses in their IPv6 form is one of IPv4 addresses. */
function asIpv4([network, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number]): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [network.toIPv4Address(), bits - 96] : [network, bits];
}

/**
 * The network that an address counts for, under a name that does not show it: an address is personal data. The hash keeps it out of sight
 * of who reads the table or a backup of it, and no more than that: there are few enough IPv4 addresses to try them all. So it stands
 * beside nothing that tells of a user, and on an item that expires with its minute.
 */
export function networkOf(address: string): string {
  return createHash('sha256').update(sitePart(address)).digest('hex').slice(0, HASH_CHARACTERS);
}

function sitePart(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const client = ipaddr.process(address);
  return client.kind() === 'ipv4' ? client.toString() : `${client.toByteArray().slice(0, IPV6_SITE_BYTES)}`;
}
