import { ManualRejected } from '../../manual.ts';
import type { Block } from '../block.ts';
import type { ExtractionLimits } from '../limits.ts';
import { plainCharacters, tidy } from '../page.ts';
import { MAX_SECTION_CHARACTERS } from '../sections.ts';
import { type Cell, type CellShape, tableBlocks } from './table.ts';

/** A table that is open: its rows so far, and what its open cell holds. */
interface OpenTable {
  readonly rows: Cell[][];
  cell: { readonly shape: CellShape; readonly blocks: Block[] } | undefined;
}

/** Of lists in lists; deeper ones are not moved in any further. */
const DEEPEST_INDENT = 5;

/**
 * Builds a document's blocks from what a reader of its format meets, in order. It forgives what is not closed, or closed twice. Each
 * method but `text` begins or ends a block. Throws ManualRejected once there is more text than so many pages hold.
 */
export class BlockBuilder {
  readonly #maxCharacters: number;
  readonly #blocks: Block[] = [];
  readonly #tables: OpenTable[] = [];
  #characters = 0;
  /** The block's text so far. */
  #pieces: string[] = [];
  #marker = '';
  #heading: number | undefined;
  #verbatim = false;
  #tight = false;

  constructor(limits: Pick<ExtractionLimits, 'pages'>) {
    this.#maxCharacters = limits.pages * MAX_SECTION_CHARACTERS;
  }

  /** Words of the block, in which white space is a space unless the block is verbatim. */
  text(text: string): void {
    const piece = this.#verbatim ? text : text.replace(/\s+/g, ' ');
    this.#characters += piece.length;
    if (this.#characters > this.#maxCharacters) throw new ManualRejected('too_many_pages');
    this.#pieces.push(piece);
  }

  /** Begins a new line of the same block. */
  breakLine(): void {
    this.#pieces.push('\n');
  }

  /** Ends the block, if one has begun. What follows is a paragraph; when `tight`, without an empty line before it. */
  endBlock(tight = false): void {
    const joined = this.#pieces.join('');
    const text = this.#verbatim
      ? plainCharacters(joined)
          .replace(/^(?:[^\S\n]*\n)+/, '')
          .trimEnd()
      : tidy(joined);
    if (text !== '') this.#emit(text);
    // An item's first words stand by its marker, whatever else begins with them.
    this.#tight = tight || this.#marker !== '';
    this.#pieces = [];
  }

  beginHeading(level: number): void {
    this.endBlock();
    this.#heading = level;
  }

  endHeading(): void {
    this.endBlock();
    this.#heading = undefined;
  }

  /** Begins an item of a list: the marker stands before its first words. `depth` is 1 in a list that is in no other. */
  beginItem(marker: string, depth: number): void {
    this.endBlock(true);
    this.#marker = `${'  '.repeat(Math.min(depth, DEEPEST_INDENT) - 1)}${marker} `;
  }

  /** An item that has no words keeps its marker to itself. */
  endItem(): void {
    this.endBlock(true);
    this.#marker = '';
  }

  setVerbatim(verbatim: boolean): void {
    this.endBlock();
    this.#verbatim = verbatim;
  }

  beginTable(): void {
    this.endBlock();
    this.#tables.push({ rows: [], cell: undefined });
  }

  beginRow(): void {
    this.endCell();
    this.#tables.at(-1)?.rows.push([]);
  }

  beginCell(shape: CellShape): void {
    this.endCell();
    const table = this.#tables.at(-1);
    if (!table) return;
    if (table.rows.length === 0) table.rows.push([]);
    table.cell = { shape, blocks: [] };
  }

  endCell(): void {
    this.endBlock();
    const table = this.#tables.at(-1);
    if (!table?.cell) return;
    table.rows.at(-1)?.push({ ...table.cell.shape, blocks: table.cell.blocks });
    table.cell = undefined;
  }

  endTable(): void {
    this.endCell();
    const table = this.#tables.pop();
    for (const block of tableBlocks(table?.rows ?? [])) this.#target().push(block);
  }

  /** Everything, once the document has ended. */
  end(): Block[] {
    while (this.#tables.length > 0) this.endTable();
    this.endBlock();
    return this.#blocks;
  }

  #emit(text: string): void {
    this.#target().push({
      text: this.#heading === undefined && !this.#verbatim ? this.#marker + text : text,
      ...(this.#heading !== undefined && { heading: this.#heading }),
      ...(this.#tight && { tight: true }),
      ...(this.#verbatim && { verbatim: true }),
    });
    this.#marker = '';
  }

  /** The open cell of the innermost table that has one. */
  #target(): Block[] {
    return this.#tables.findLast(({ cell }) => cell !== undefined)?.cell?.blocks ?? this.#blocks;
  }
}
