import type { Block } from '../block.ts';

/** How a cell lies in its table. */
export interface CellShape {
  /** Whether it names a row or column. */
  readonly isHeader?: boolean;
  /** That it spans; 1 when absent. */
  readonly columns?: number;
  /** That it spans; 1 when absent. */
  readonly rows?: number;
  /** Whether it goes on with the cell above it. */
  readonly isContinued?: boolean;
}

export interface Cell extends CellShape {
  readonly blocks: readonly Block[];
}

/** A cell with more than that is no cell of a table: pages were once laid out in tables. */
const MAX_CELL_CHARACTERS = 1000;
/** A header or spanning cell that is no longer stands in every row that it belongs to. */
const MAX_REPEATED_CHARACTERS = 60;
/** Wider than any table that people read; beyond it no cell spans more than its own column. */
const MAX_COLUMNS = 200;
const BETWEEN_CELLS = '\t';

/**
 * A table's rows, each on one line and each cell after the words of its column's header, so that a row says what it means wherever
 * it stands. A table that is there for the layout becomes what its cells hold.
 */
export function tableBlocks(rows: readonly (readonly Cell[])[]): Block[] {
  const cells = rows.flat();
  if (cells.some(isLayout) || rows.every((row) => row.length <= 1)) return cells.flatMap(({ blocks }) => blocks);
  const lines = lineUp(rows);
  const headers = hasHeaderRow(rows) ? lines[0] : undefined;
  return lines
    .map((line) => toRow(line, line === headers ? undefined : headers))
    .filter((text) => text !== '')
    .map((text, index) => ({ text, tight: index > 0 }));
}

function isLayout({ blocks }: Cell): boolean {
  if (blocks.some(({ heading, verbatim }) => heading !== undefined || verbatim)) return true;
  return blocks.reduce((sum, { text }) => sum + text.length, 0) > MAX_CELL_CHARACTERS;
}

/** One row of headers, over rows that have something else. */
function hasHeaderRow([first = [], ...others]: readonly (readonly Cell[])[]): boolean {
  const isHeaders = (row: readonly Cell[]) => row.every(({ isHeader }) => isHeader);
  return isHeaders(first) && others.length > 0 && !others.some(isHeaders);
}

/** The texts of each row by column. */
function lineUp(rows: readonly (readonly Cell[])[]): string[][] {
  let above: Carried[] = [];
  return rows.map((row) => {
    const line = lineOf(row, above);
    above = line.map(({ text, rows: left }) => ({ text, rows: left - 1 }));
    return line.map(({ text, isRepeated }) => (isRepeated && text.length > MAX_REPEATED_CHARACTERS ? '' : text));
  });
}

/** What the cell above holds, and how many rows more it spans. */
interface Carried {
  readonly text: string;
  readonly rows: number;
}

function lineOf(row: readonly Cell[], above: readonly Carried[]): (Carried & { readonly isRepeated: boolean })[] {
  const line: (Carried & { readonly isRepeated: boolean })[] = [];
  const takeOver = () => {
    for (let carried = above[line.length]; carried && carried.rows > 0; carried = above[line.length])
      line.push({ ...carried, isRepeated: true });
  };
  for (const cell of row) {
    takeOver();
    const text = cell.isContinued ? (above[line.length]?.text ?? '') : cellText(cell);
    const columns = Math.max(Math.min(cell.columns ?? 1, MAX_COLUMNS - line.length), 1);
    for (let column = 0; column < columns; column += 1) {
      line.push({ text: column === 0 ? text : '', rows: cell.rows ?? 1, isRepeated: cell.isContinued ?? false });
    }
  }
  takeOver();
  return line;
}

const cellText = ({ blocks }: Cell): string => blocks.map(({ text }) => text.replace(/\s+/g, ' ')).join(' ');

function toRow(line: readonly string[], headers: readonly string[] = []): string {
  const cells = line.map((text, column) => {
    const header = headers[column] ?? '';
    const isNamed = header !== '' && header.length <= MAX_REPEATED_CHARACTERS && text !== '';
    return isNamed ? `${header.replace(/\s*:$/, '')}: ${text}` : text;
  });
  return cells.filter((text) => text !== '').join(BETWEEN_CELLS);
}
