import { BlockList } from 'node:net';
import fc from 'fast-check';
import { isPublicAddress } from '../../lambdas/manuals/url-import/public-address.ts';
import { NETWORK } from '../../lambdas/manuals/url-import/public-connection.ts';
import { closedNetwork } from '../support/https-site.ts';
import { fetchOver, notImported } from '../support/url-import.ts';

/** What is not public: IANA's registries of special-purpose addresses, deprecated ranges, and a cloud's endpoint among public ones. */
const REFUSED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const REFUSED_V6 = [
  '::/128',
  '::1/128',
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/32',
  '2001::/23',
  '2001:2::/48',
  '2001:10::/28',
  '2001:20::/28',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fd00:ec2::254/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];
/** The rest of IPv6 that is not handed out for the public internet. */
const UNASSIGNED_V6 = ['::/3', '4000::/2', '8000::/1'];

/** Node's own lists of addresses, to hold the product's against. */
const refusedV4 = blockList(REFUSED_V4, 'ipv4');
const refusedV6 = blockList([...REFUSED_V6, ...UNASSIGNED_V6], 'ipv6');

function blockList(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length] = range.split('/');
    list.addSubnet(address, Number(length), family);
  }
  return list;
}

describe('public addresses', () => {
  test.each([...REFUSED_V4, ...REFUSED_V6, ...UNASSIGNED_V6])(
    '%s is refused from its first address to its last, and ends there',
    (range) => {
      const { first, last, bits } = boundsOf(range);
      const write = bits === 32n ? writeV4 : writeV6;
      const isRefused = (address: string) => (bits === 32n ? refusedV4.check(address, 'ipv4') : refusedV6.check(address, 'ipv6'));
      for (const address of [first, (first + last) / 2n, last])
        expect([write(address), isPublicAddress(write(address))]).toEqual([write(address), false]);
      for (const address of [first - 1n, last + 1n]) {
        if (address < 0n || address >= 1n << bits) continue;
        expect([write(address), isPublicAddress(write(address))]).toEqual([write(address), !isRefused(write(address))]);
      }
    },
  );

  test('any IPv4 address is public exactly where no range holds it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(address)).toBe(!refusedV4.check(address, 'ipv4'));
      }),
      { numRuns: 1000 },
    );
  });

  test('any IPv6 address is public exactly where no range holds it', () => {
    const anywhere = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    const global = fc.bigInt({ min: 1n << 125n, max: (1n << 126n) - 1n });
    fc.assert(
      fc.property(fc.oneof(anywhere, global), (number) => {
        expect(isPublicAddress(writeV6(number))).toBe(!refusedV6.check(writeV6(number), 'ipv6'));
      }),
      { numRuns: 1000 },
    );
  });

  test.each(['8.8.8.8', '93.184.216.34', '192.0.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::8'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    '',
    'localhost',
    '8.8.8',
    '0x8.8.8.8',
    '010.8.8.8',
    '134744072',
    '8.8.8.8 ',
    '2606:4700::1111%eth0',
    'fe80::1%lo',
    '[2606:4700::1111]',
  ])('“%s” is not how an address is written', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

const V4_IN_REFUSED_RANGE = fc
  .constantFrom(...REFUSED_V4)
  .map(boundsOf)
  .chain(({ first, last }) => fc.bigInt({ min: first, max: last }));
const ANY_V4 = fc.bigInt({ min: 0n, max: 0xffff_ffffn });

describe('a URL with an address', () => {
  /** One number, or two to four with the last one taking the rest, each in decimal, octal or hexadecimal, in any case and width. */
  const spelling = fc.record({
    parts: fc.integer({ min: 1, max: 4 }),
    bases: fc.array(fc.constantFrom('decimal', 'octal', 'hexadecimal', 'HEXADECIMAL'), { minLength: 4, maxLength: 4 }),
    wide: fc.boolean(),
    dot: fc.constantFrom('.', '。', '%2e'),
    trailing: fc.constantFrom('', '.'),
  });

  test('in any spelling is refused when it is in a refused range', async () => {
    await fc.assert(
      fc.asyncProperty(V4_IN_REFUSED_RANGE, spelling, async (number, { parts, bases, wide, dot, trailing }) => {
        const { network, log } = closedNetwork();
        const spelled = partsOf(number, parts).map((part, index) => writeNumber(part, bases[index] ?? 'decimal'));
        const digits = wide ? spelled.map(widen) : spelled;
        const url = `https://${digits.join(dot)}${trailing}/manual.pdf`;
        await expect(fetchOver(network, url)).rejects.toEqual(notImported('not_public'));
        expect(log).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('that is IPv6 and carries an IPv4 address, a public one included, is refused', async () => {
    const hex = (number: bigint) => `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`;
    const carrier = fc.constantFrom<(number: bigint) => string>(
      (number) => `::ffff:${writeV4(number)}`,
      (number) => `::FFFF:${hex(number)}`,
      (number) => `0:0:0:0:0:ffff:${hex(number)}`,
      (number) => `::${writeV4(number)}`,
      (number) => `::ffff:0:${writeV4(number)}`,
      (number) => `64:ff9b::${writeV4(number)}`,
      (number) => `64:ff9b:1::${hex(number)}`,
      (number) => `2002:${hex(number)}::1`,
      (number) => `2001:0:${hex(number)}::1`,
      (number) => `2001::${hex(number ^ 0xffff_ffffn)}`,
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(V4_IN_REFUSED_RANGE, ANY_V4), carrier, async (number, carry) => {
        const { network, log } = closedNetwork({ 'manuals.example.com': [carry(number)] });
        await expect(fetchOver(network, `https://[${carry(number)}]/manual.pdf`)).rejects.toEqual(notImported('not_public'));
        await expect(fetchOver(network, 'https://manuals.example.com/manual.pdf')).rejects.toEqual(notImported('not_public'));
        expect(log).toEqual(['resolve manuals.example.com']);
      }),
      { numRuns: 300 },
    );
  });
});

test('the resolver of this machine gives all addresses of a name', async () => {
  await expect(NETWORK.resolve('127.0.0.1')).resolves.toEqual(['127.0.0.1']);
});

function boundsOf(range: string): { readonly first: bigint; readonly last: bigint; readonly bits: bigint } {
  const [address = '', length = ''] = range.split('/');
  const bits = address.includes(':') ? 128n : 32n;
  const size = 1n << (bits - BigInt(length));
  const first = bits === 32n ? readV4(address) : readV6(address);
  return { first, last: first + size - 1n, bits };
}

const readV4 = (address: string): bigint => address.split('.').reduce((number, part) => (number << 8n) | BigInt(part), 0n);

/** Reads the forms of the tables above: hexadecimal groups, once shortened. */
function readV6(address: string): bigint {
  const [front = '', back = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const filler = Array.from({ length: 8 - groups(front).length - groups(back).length }, () => '0');
  return [...groups(front), ...filler, ...groups(back)].reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

const writeV4 = (number: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');

const writeV6 = (number: bigint): string =>
  Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');

/** So many parts of an IPv4 address: all but the last have one byte, the last has the rest. */
function partsOf(number: bigint, count: number): bigint[] {
  const leading = Array.from({ length: count - 1 }, (_, index) => (number >> BigInt(24 - 8 * index)) & 0xffn);
  return [...leading, number & ((1n << BigInt(8 * (5 - count))) - 1n)];
}

/** The same in digits of full width, which the URL standard makes plain. */
const widen = (text: string): string => text.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));

function writeNumber(number: bigint, base: string): string {
  if (base === 'octal') return `0${number.toString(8)}`;
  if (base === 'hexadecimal') return `0x${number.toString(16)}`;
  return base === 'HEXADECIMAL' ? `0X00${number.toString(16).toUpperCase()}` : number.toString();
}
