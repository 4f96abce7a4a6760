import fc from 'fast-check';
import { UploadRequest } from '../../lambdas/manuals/manuals.contract.ts';
import { filenamesOf } from '../../lambdas/manuals/url-import/filenames.ts';

const URL_WITHOUT_NAME = new URL('https://manuals.example.com/');

/** A header as Node reads one: byte by byte. */
const asHeader = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['attachment; filename=manual.pdf', 'manual.pdf'],
  ['attachment; filename="A manual.pdf"', 'A manual.pdf'],
  ['ATTACHMENT;FILENAME = "manual.pdf" ; size=5', 'manual.pdf'],
  ['inline; name="x; filename=wrong.pdf"; filename="right.pdf"', 'right.pdf'],
  ['filename="manual.pdf"', 'manual.pdf'],
  ['attachment; filename="a \\"quoted\\" name.pdf"', 'a "quoted" name.pdf'],
  ['attachment; filename="semi;colon.pdf"', 'semi;colon.pdf'],
  ['attachment; filename="unfinished.pdf', '"unfinished.pdf'],
  [asHeader('attachment; filename="Bedienungsanleitung für Öfen.pdf"'), 'Bedienungsanleitung für Öfen.pdf'],
  ['attachment; filename="f\u00fcr.pdf"', 'für.pdf'],
  ["attachment; filename=plain.pdf; filename*=UTF-8''f%C3%BCr%20alle.pdf", 'für alle.pdf'],
  ["attachment; filename*=utf-8'de'f%c3%bcr.pdf; filename=plain.pdf", 'für.pdf'],
  ["attachment; filename*=ISO-8859-1''f%FCr.pdf", 'für.pdf'],
  ["attachment; filename*=UTF-8''%E2%82%ZZ.pdf; filename=plain.pdf", 'â‚%ZZ.pdf'],
  ["attachment; filename*=KOI8-R''%C1.pdf; filename=plain.pdf", 'plain.pdf'],
  ['attachment; filename*=nothing; filename=plain.pdf', 'plain.pdf'],
  ["attachment; filename*=UTF-8''; filename=plain.pdf", 'plain.pdf'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ['attachment; filename="C:/manuals/oven.pdf"', 'oven.pdf'],
  ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
  ["attachment; filename*=UTF-8''..%5Coven.pdf", 'oven.pdf'],
  ["attachment; filename*=UTF-8''oven%0D%0ASet-Cookie%3A%20a.pdf", 'oven Set-Cookie: a.pdf'],
  ["attachment; filename*=UTF-8''oven%00.pdf", 'oven.pdf'],
  ["attachment; filename*=UTF-8''fdp.%E2%80%AEexe", 'fdp.exe'],
  ['attachment; filename="  a   b .pdf  "', 'a b.pdf'],
  ['attachment; filename=".htaccess"', '.htaccess'],
])('%s is named %s', (header, expected) => {
  expect(filenamesOf(header, URL_WITHOUT_NAME)[0]).toBe(expected);
});

test.each([
  '',
  'attachment',
  'attachment; filename',
  'attachment; filename=',
  'attachment; filename=""',
  'attachment; filename=".."',
  'attachment; filename="a/"',
  "attachment; filename*=UTF-8''%E2%80%AE",
])('“%s” names nothing', (header) => {
  expect(filenamesOf(header, URL_WITHOUT_NAME)).toEqual([]);
});

test.each([
  ['https://manuals.example.com/a/oven.pdf?x=y.txt', ['oven.pdf']],
  ['https://manuals.example.com/f%C3%BCr%20alle.pdf', ['für alle.pdf']],
  ['https://manuals.example.com/f%FCr.pdf', ['für.pdf']],
  ['https://manuals.example.com/a%2F..%2Foven.pdf', ['oven.pdf']],
  ['https://manuals.example.com/100%.pdf', ['100%.pdf']],
  ['https://manuals.example.com/%E2%80%AE', []],
  ['https://manuals.example.com/a/', []],
])('%s is named %j', (url, expected) => {
  expect(filenamesOf(undefined, new URL(url))).toEqual(expected);
});

test('the names come best first', () => {
  const header = "attachment; filename=second.pdf; filename*=UTF-8''first.pdf";
  expect(filenamesOf(header, new URL('https://manuals.example.com/third.pdf'))).toEqual(['first.pdf', 'second.pdf', 'third.pdf']);
});

test('a long name keeps its extension', () => {
  const [name = ''] = filenamesOf(`attachment; filename="${'a'.repeat(300)}.pdf"`, URL_WITHOUT_NAME);
  expect(name).toBe(`${'a'.repeat(251)}.pdf`);
});

test('whatever is said, the names are such as an upload may have', () => {
  const { filename } = UploadRequest.shape;
  const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array).toString('latin1'));
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  const header = fc.oneof(
    bytes.map((value) => `attachment; filename="${value}"`),
    text.map((value) => `attachment; filename="${asHeader(value)}"`),
    text.map((value) => `attachment; filename*=UTF-8''${encodeURIComponent(value.toWellFormed())}.pdf`),
    bytes,
  );
  fc.assert(
    fc.property(header, text, (value, path) => {
      const url = new URL(`https://manuals.example.com/${encodeURIComponent(path.toWellFormed())}`);
      for (const name of filenamesOf(value, url)) {
        expect(filename.parse(name)).toBe(name);
        expect(name).not.toMatch(/[/\\]/);
      }
    }),
    { numRuns: 200 },
  );
});

test('a header that is made to be slow is not', () => {
  const repeated = [';', '"', '; a="', '\\', ' ', ";filename*=UTF-8'", '%41'].map((unit) => unit.repeat(16_384 / unit.length));
  const startedAt = performance.now();
  for (const header of [...repeated, `attachment; filename="${'a'.repeat(16_384)}`, `attachment; filename=a${' '.repeat(16_384)}a`]) {
    filenamesOf(header, URL_WITHOUT_NAME);
  }
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
