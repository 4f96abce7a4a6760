import type { ImportReason } from '../../lambdas/manuals/url-import/import-failure.ts';
import { parseSourceUrl } from '../../lambdas/manuals/url-import/source-url.ts';
import { closedNetwork, type Names, PUBLIC_V4, PUBLIC_V6 } from '../support/https-site.ts';
import { fetchOver, notImported } from '../support/url-import.ts';

/** Names as somebody might set them up who wants to look inside. */
const NAMES: Names = {
  'public.example.com': [PUBLIC_V4],
  'private.example.com': ['10.0.0.5'],
  'loopback.example.com': ['127.0.0.1'],
  'loopback6.example.com': ['::1'],
  'metadata.example.com': ['169.254.169.254'],
  'metadata6.example.com': ['fd00:ec2::254'],
  'credentials.example.com': ['169.254.170.2'],
  'unspecified.example.com': ['0.0.0.0'],
  'mapped.example.com': ['::ffff:10.0.0.5'],
  'zone.example.com': ['fe80::1%eth0'],
  'public-first.example.com': [PUBLIC_V4, '10.0.0.5'],
  'public-last.example.com': ['10.0.0.5', PUBLIC_V4],
  'both-families.example.com': [PUBLIC_V4, 'fd12::1'],
  'garbage.example.com': ['not an address'],
  'nothing.example.com': [],
};

const REFUSED: readonly (readonly [url: string, reason: ImportReason])[] = [
  // Not a web address, or not one that everybody reads alike.
  ['', 'invalid_url'],
  ['manual.pdf', 'invalid_url'],
  ['//public.example.com/', 'invalid_url'],
  ['https://', 'invalid_url'],
  ['https://public example.com/', 'invalid_url'],
  ['https://public.example.com\\@private.example.com/', 'invalid_url'],
  ['https:\\\\private.example.com/', 'invalid_url'],
  ['https://public.example.com\r\nHost: private.example.com/', 'invalid_url'],
  ['https://public.example.com/a\tb', 'invalid_url'],
  ['https://public.example.com/\u0000', 'invalid_url'],
  ['https://public.example.com\u0085/', 'invalid_url'],
  ['\nhttps://public.example.com/', 'invalid_url'],
  ['https://public.example.com%0d%0a/', 'invalid_url'],
  ['https://public%00.example.com/', 'invalid_url'],
  ['https://public.example.com%2f@private.example.com', 'holds_credentials'],
  ['https://[fe80::1%25eth0]/', 'invalid_url'],
  ['https://[fe80::1%eth0]/', 'invalid_url'],
  ['https://[::1/', 'invalid_url'],
  ['https://256.256.256.256/', 'invalid_url'],
  ['https://1.2.3.4.5/', 'invalid_url'],
  ['https://public.example.com:99999/', 'invalid_url'],
  ['https://public.example.com:4 43/', 'invalid_url'],
  [`https://public.example.com/${'a'.repeat(2022)}`, 'url_too_long'],
  [`https://public.example.com/${'ü'.repeat(400)}`, 'url_too_long'],
  [`https://public.example.com/${'a/../'.repeat(500)}`, 'url_too_long'],
  // Not https.
  ['http://public.example.com/', 'not_https'],
  ['HTTP://public.example.com/', 'not_https'],
  ['ftp://public.example.com/', 'not_https'],
  ['file:///etc/passwd', 'not_https'],
  ['file://localhost/etc/passwd', 'not_https'],
  ['gopher://public.example.com:443/', 'not_https'],
  ['data:application/pdf,%25PDF', 'not_https'],
  ['javascript:alert(1)', 'not_https'],
  ['blob:https://public.example.com/1', 'not_https'],
  ['wss://public.example.com/', 'not_https'],
  ['s3://bucket/key', 'not_https'],
  ['httpss://public.example.com/', 'not_https'],
  // Who is asked, and who seems to be.
  ['https://user@public.example.com/', 'holds_credentials'],
  ['https://:secret@public.example.com/', 'holds_credentials'],
  ['https://user:secret@public.example.com/', 'holds_credentials'],
  ['https://public.example.com@private.example.com/', 'holds_credentials'],
  ['https://public.example.com%40private.example.com@loopback.example.com/', 'holds_credentials'],
  ['https://public.example.com:443@private.example.com/', 'holds_credentials'],
  ['https://public.example.com:80/', 'wrong_port'],
  ['https://public.example.com:8443/', 'wrong_port'],
  ['https://public.example.com:0/', 'wrong_port'],
  ['https://public.example.com:22/', 'wrong_port'],
  ['https://127.0.0.1:6379/', 'wrong_port'],
  // Names that are not public.
  ['https://localhost/', 'not_public'],
  ['https://LOCALHOST/', 'not_public'],
  ['https://localhost./', 'not_public'],
  ['https://ⓛocalhost/', 'not_public'],
  ['https://foo.localhost/', 'not_public'],
  ['https://foo.localdomain/', 'not_public'],
  ['https://printer.local/', 'not_public'],
  ['https://PRINTER.LOCAL/', 'not_public'],
  ['https://router.home.arpa/', 'not_public'],
  ['https://metadata.google.internal/', 'not_public'],
  ['https://instance-data.ec2.internal/', 'not_public'],
  ['https://ip-10-0-0-5.eu-west-1.compute.internal/', 'not_public'],
  ['https://intranet/', 'not_public'],
  ['https://public.example.com./', 'not_public'],
  ['https://public.example.com../', 'not_public'],
  // Addresses.
  ['https://127.0.0.1/', 'not_public'],
  ['https://127.1/', 'not_public'],
  ['https://127.0.0.1./', 'not_public'],
  ['https://2130706433/', 'not_public'],
  ['https://0x7f000001/', 'not_public'],
  ['https://0x7f.0.0.1/', 'not_public'],
  ['https://0177.0.0.1/', 'not_public'],
  ['https://①②⑦.⓪.⓪.①/', 'not_public'],
  ['https://127。0。0。1/', 'not_public'],
  ['https://%31%32%37.0.0.1/', 'not_public'],
  ['https:127.0.0.1', 'not_public'],
  ['https:///127.0.0.1/', 'not_public'],
  ['https://0/', 'not_public'],
  ['https://0.0.0.0/', 'not_public'],
  ['https://10.0.0.5/', 'not_public'],
  ['https://100.100.100.200/', 'not_public'],
  ['https://169.254.169.254/latest/meta-data/', 'not_public'],
  ['https://168.63.129.16/', 'not_public'],
  ['https://172.31.255.255/', 'not_public'],
  ['https://192.168.1.1/', 'not_public'],
  ['https://255.255.255.255/', 'not_public'],
  ['https://[::]/', 'not_public'],
  ['https://[::1]/', 'not_public'],
  ['https://[0:0:0:0:0:0:0:1]/', 'not_public'],
  ['https://[::ffff:127.0.0.1]/', 'not_public'],
  ['https://[::ffff:7f00:1]/', 'not_public'],
  ['https://[64:ff9b::7f00:1]/', 'not_public'],
  ['https://[2002:7f00:1::]/', 'not_public'],
  ['https://[fd00:ec2::254]/', 'not_public'],
  ['https://[fe80::1]/', 'not_public'],
  // What a name resolves to.
  ['https://private.example.com/', 'not_public'],
  ['https://PRIVATE.example.com:443/', 'not_public'],
  ['https://loopback.example.com/', 'not_public'],
  ['https://loopback6.example.com/', 'not_public'],
  ['https://metadata.example.com/', 'not_public'],
  ['https://metadata6.example.com/', 'not_public'],
  ['https://credentials.example.com/', 'not_public'],
  ['https://unspecified.example.com/', 'not_public'],
  ['https://mapped.example.com/', 'not_public'],
  ['https://zone.example.com/', 'not_public'],
  ['https://public-first.example.com/', 'not_public'],
  ['https://public-last.example.com/', 'not_public'],
  ['https://both-families.example.com/', 'not_public'],
  ['https://garbage.example.com/', 'not_public'],
];

test.each(REFUSED)('%j is refused as %s, and nothing is connected to', async (url, reason) => {
  const { network, log } = closedNetwork(NAMES);
  const refusal = await fetchOver(network, url).catch((error: unknown) => error);
  expect(refusal).toEqual(notImported(reason));
  expect(refusal).toMatchObject({ failure: 'import_refused' });
  expect(log.filter((line) => line.startsWith('connect'))).toEqual([]);
});

test.each([
  ['https://unknown.example.com/', 'name_not_found'],
  ['https://nothing.example.com/', 'name_not_found'],
  ['https://public.example.com/', 'unreachable'],
] as const)('%s has failed as %s', async (url, reason) => {
  const failure = await fetchOver(closedNetwork(NAMES).network, url).catch((error: unknown) => error);
  expect(failure).toEqual(notImported(reason));
  expect(failure).toMatchObject({ failure: 'import_failed' });
});

test('no sentence for the owner holds an address', async () => {
  const urls = [...REFUSED.map(([url]) => url), 'https://public.example.com/', 'https://unknown.example.com/'];
  for (const url of urls) {
    const { message } = (await fetchOver(closedNetwork(NAMES).network, url).catch((error: Error) => error)) as Error;
    expect(message).not.toMatch(/\d+\.\d+|:[0-9a-f]*:|example|internal|local/);
    expect(message).toMatch(/^[A-Z].*\.$/);
  }
});

test.each([
  [`https://${PUBLIC_V4}/manual.pdf`, [`connect ${PUBLIC_V4}:443`]],
  ['https://0x5d.0xb8d822/manual.pdf', [`connect ${PUBLIC_V4}:443`]],
  [`https://[${PUBLIC_V6}]/manual.pdf`, [`connect ${PUBLIC_V6}:443`]],
  ['https://public.example.com/manual.pdf', ['resolve public.example.com', `connect ${PUBLIC_V4}:443`]],
  ['https://PUBLIC.example.com:0443/manual.pdf', ['resolve public.example.com', `connect ${PUBLIC_V4}:443`]],
  ['https://@public.example.com/manual.pdf', ['resolve public.example.com', `connect ${PUBLIC_V4}:443`]],
])('%s is public: its address is connected to', async (url, expected) => {
  const { network, log } = closedNetwork(NAMES);
  await expect(fetchOver(network, url)).rejects.toEqual(notImported('unreachable'));
  expect(log).toEqual(expected);
});

test('names in other scripts are resolved in the form that DNS has', async () => {
  const { network, log } = closedNetwork();
  await expect(fetchOver(network, 'https://bücher.example.com/')).rejects.toEqual(notImported('name_not_found'));
  expect(log).toEqual(['resolve xn--bcher-kva.example.com']);
});

test('a URL of 2,048 characters is taken, without its fragment', () => {
  const url = `https://public.example.com/${'a'.repeat(2021)}`;
  expect(url).toHaveLength(2048);
  expect(parseSourceUrl(url).href).toBe(url);
  expect(parseSourceUrl('https://public.example.com/a?b#c').href).toBe('https://public.example.com/a?b');
});
