import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { PROJECT } from '../support/runtime.ts';

/** A fenced block of a page. */
export interface Fence {
  readonly file: string;
  /** Of its first line of content, from 1. */
  readonly line: number;
  /** What the fence says of it: `sh`, and what stands behind that, which no reader sees. */
  readonly language: string;
  readonly kind: string;
  readonly text: string;
  /** How many headings come before it. */
  readonly section: number;
}

/** Cells as they are written, row by row, without the row of dashes. */
export type Table = readonly (readonly string[])[];

export interface Page {
  /** Relative to the project. */
  readonly file: string;
  readonly source: string;
  readonly fences: readonly Fence[];
  /** What stands in backticks. */
  readonly codes: readonly string[];
  /** Where links lead. */
  readonly links: readonly string[];
  /** Of its headings, as GitHub makes them. */
  readonly anchors: readonly string[];
  readonly headings: readonly string[];
  readonly tables: readonly Table[];
}

const markdown = new MarkdownIt();

/** README.md, and all there is in `docs/`. */
export const PAGES: readonly Page[] = ['README.md', ...globSync('docs/**/*.md', { cwd: PROJECT }).sort()].map((file) =>
  readPage(file, readFileSync(path.join(PROJECT, file), 'utf8')),
);

export function pageOf(file: string): Page {
  const found = PAGES.find((page) => page.file === file);
  if (!found) throw new Error(`there is no page ${file}`);
  return found;
}

/** The one table whose first column has this title. */
export function tableOf({ file, tables }: Page, title: string): Table {
  const [found, ...others] = tables.filter(([head]) => head?.[0] === title);
  if (!found || others.length > 0) throw new Error(`${file} has not one table of "${title}"`);
  return found.slice(1);
}

/** What a cell has in backticks. */
export const inBackticks = (cell: string): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? '';

function readPage(file: string, source: string): Page {
  const tokens = markdown.parse(source, {});
  const fences: Fence[] = [];
  const headings: string[] = [];
  const tables: string[][][] = [];
  const codes: string[] = [];
  const links: string[] = [];
  for (const [index, { type, info, map, content, children }] of tokens.entries()) {
    const before = tokens[index - 1]?.type;
    if (type === 'fence') {
      const [language = '', ...words] = info.trim().split(/\s+/);
      fences.push({ file, line: (map?.[0] ?? 0) + 2, language, kind: words.join(' '), text: content, section: headings.length });
    }
    if (type === 'code_block') throw new Error(`${file}:${(map?.[0] ?? 0) + 1} is a block by its indentation: fence it`);
    if (type === 'table_open') tables.push([]);
    if (type === 'tr_open') tables.at(-1)?.push([]);
    if (type !== 'inline') continue;
    if (before === 'heading_open') headings.push((children ?? []).map((child) => child.content).join(''));
    if (before === 'th_open' || before === 'td_open') tables.at(-1)?.at(-1)?.push(content);
    for (const child of children ?? []) {
      if (child.type === 'code_inline') codes.push(child.content);
      if (child.type === 'link_open') links.push(String(child.attrGet('href') ?? ''));
    }
  }
  return { file, source, fences, codes, links, headings, anchors: headings.map(anchorOf), tables };
}

function anchorOf(heading: string): string {
  const letters = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
  return letters.replaceAll(' ', '-');
}
