import ipaddr from 'ipaddr.js';
import * as z from 'zod';

const LENGTHS = { IPV4: 'ipv4', IPV6: 'ipv6' } as const;

export const ipSetProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  Scope: z.literal('REGIONAL'),
  IPAddressVersion: z.enum(['IPV4', 'IPV6']),
  Addresses: z.array(z.string()),
  Tags: z.unknown().optional(),
});

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address as the socket gives it; one of IPv4 that came over IPv6 is one of IPv4. */
export function addressOf(sourceIp: string): Address {
  return ipaddr.process(sourceIp);
}

/** Ranges of addresses of one version. */
export class IpSet {
  readonly #ranges: readonly [Address, number][];

  /** Throws for what WAF refuses: a range of another version, or of every address. */
  constructor({ IPAddressVersion: version, Addresses: addresses }: z.output<typeof ipSetProperties>) {
    this.#ranges = addresses.map((text) => {
      const [address, bits] = ipaddr.parseCIDR(text);
      if (address.kind() !== LENGTHS[version] || bits === 0) throw new Error(`an IP set of ${version} takes no range ${text}`);
      return [address, bits];
    });
  }

  has(address: Address): boolean {
    return this.#ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  }
}
