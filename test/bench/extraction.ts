import { readFileSync } from 'node:fs';
import { isolatedExtraction } from '../../lambdas/manuals/extraction/isolated-extraction.ts';
import { loadEvaluationManuals } from '../fixtures/fixtures.ts';
import { DOCX_TYPE, docxOf, paragraph, styled } from '../support/docx.ts';
import { bundledWorker } from '../support/extraction.ts';
import { pdfOfPlaced } from '../support/pdf.ts';

/**
 * `npm run bench:extraction`: what it takes to read manuals of 50, 300 and 1,000 pages in each format, which are made of a real manual's text, and
 * the real ones. Time is that from the start of the process to its answer, memory the most that it had, where the system tells.
 */
const PAGES = [50, 300, 1000];
const ROUNDS = 3;
const LINES_PER_PAGE = 45;
const SAMPLE_INTERVAL_MS = 5;

const lines = linesOf('speakup');
const worker = bundledWorker();
const read = isolatedExtraction(worker);

print('file', 'bytes', 'pages', 'ms', 'ms/page', 'MiB');
await measure('start alone', 'text/plain', Buffer.from('one word'));
for (const count of PAGES) {
  const pages = Array.from({ length: count }, (_, index) => pageOf(index));
  await measure(`${count} pages of PDF`, 'application/pdf', pdf(pages));
  await measure(`${count} pages of HTML`, 'text/html', Buffer.from(html(pages)));
  await measure(`${count} pages of Markdown`, 'text/markdown', Buffer.from(markdown(pages)));
  await measure(`${count} pages of DOCX`, DOCX_TYPE, docx(pages));
  await measure(
    `${count} pages of text`,
    'text/plain',
    Buffer.from(pages.map(({ title, text }) => `${title}\n\n${text.join('\n')}`).join('\n\n')),
  );
}
for (const manual of loadEvaluationManuals()) await measure(`the manual ${manual.name}`, manual.contentType, readFileSync(manual.path));
worker.remove();

interface BenchPage {
  readonly title: string;
  readonly text: readonly string[];
}

/** The manual's text from some line on, so that no page is another. */
function pageOf(index: number): BenchPage {
  const from = (index * 37) % (lines.length - LINES_PER_PAGE);
  return { title: `Chapter ${index + 1}`, text: lines.slice(from, from + LINES_PER_PAGE) };
}

function linesOf(name: string): string[] {
  const manual = loadEvaluationManuals().find((candidate) => candidate.name === name);
  if (!manual) throw new Error(`There is no manual named ${name}.`);
  return readFileSync(manual.path, 'latin1')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

function pdf(pages: readonly BenchPage[]): Uint8Array {
  return pdfOfPlaced(pages.map(({ title, text }) => [title, ...text].map((line, index) => ({ text: line, x: 60, y: 750 - 15 * index }))));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Half of a page's lines are paragraphs, the others a list and a table. */
function html(pages: readonly BenchPage[]): string {
  const row = (line: string) =>
    `<tr>${line
      .split(/\s+/, 4)
      .map((word) => `<td>${escaped(word)}</td>`)
      .join('')}</tr>`;
  const body = pages.map(({ title, text }) => {
    const [paragraphs, items, rows] = [text.slice(0, 25), text.slice(25, 35), text.slice(35)];
    return `<h2>${title}</h2>${paragraphs.map((line) => `<p>${escaped(line)} <a href="#x"><b>see</b></a></p>`).join('\n')}
      <ol>${items.map((line) => `<li>${escaped(line)}`).join('\n')}</ol><table><tr><th>A<th>B<th>C<th>D</tr>${rows.map(row).join('\n')}</table>`;
  });
  return `<!doctype html><meta charset="utf-8"><body>${body.join('\n')}`;
}

function markdown(pages: readonly BenchPage[]): string {
  const body = pages.map(({ title, text }) => {
    const [paragraphs, items, rows] = [text.slice(0, 25), text.slice(25, 35), text.slice(35)];
    const table = rows.map((line) => `| ${line.replaceAll('|', ' ').split(/\s+/, 4).join(' | ')} |`);
    return [
      `## ${title}`,
      paragraphs.join('\n\n'),
      items.map((line) => `1. ${line}`).join('\n'),
      ['| A | B | C | D |', '|---|---|---|---|', ...table].join('\n'),
    ].join('\n\n');
  });
  return body.join('\n\n');
}

function docx(pages: readonly BenchPage[]): Uint8Array {
  const cell = (word: string) => `<w:tc><w:tcPr><w:tcW w:w="2000"/></w:tcPr>${paragraph(escaped(word))}</w:tc>`;
  const body = pages.map(({ title, text }) => {
    const paragraphs = text.slice(0, 35).map((line) => paragraph(escaped(line), '<w:spacing w:after="120"/>'));
    const rows = text.slice(35).map((line) => `<w:tr>${line.split(/\s+/, 4).map(cell).join('')}</w:tr>`);
    return `${styled(title, 'H2')}${paragraphs.join('')}<w:tbl>${rows.join('')}</w:tbl>`;
  });
  return docxOf(body.join(''), { styles: '<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>' });
}

async function measure(name: string, contentType: string, bytes: Uint8Array): Promise<void> {
  const times: number[] = [];
  let [peakMiB, count] = [0, 0];
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOfChildren());
  }, SAMPLE_INTERVAL_MS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    count = (await read(contentType, bytes)).pageCount;
    times.push(performance.now() - startedAt);
  }
  clearInterval(sampling);
  const median = times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  print(name, String(bytes.length), String(count), median.toFixed(0), (median / count).toFixed(2), peakMiB.toFixed(0));
}

/** The most memory that this process's child has had, in MiB; 0 where the system does not tell. */
function peakOfChildren(): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const peaks = children.map((pid) => /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return Math.max(0, ...peaks.map((peak = '0') => Number(peak))) / 1024;
  } catch {
    return 0;
  }
}

function print(...cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, index) => (index === 0 ? cell.padEnd(26) : cell.padStart(9))).join('')}\n`);
}
