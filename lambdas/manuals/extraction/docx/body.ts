import { ManualRejected } from '../../manual.ts';
import type { Block } from '../block.ts';
import type { ExtractionLimits } from '../limits.ts';
import { BlockBuilder } from '../markup/block-builder.ts';
import type { CellShape } from '../markup/table.ts';
import type { Lists } from './lists.ts';
import { type NoteKind, noteKey } from './notes.ts';
import type { ParagraphStyle, Styles } from './styles.ts';
import { integer, isOn } from './values.ts';
import type { XmlReader } from './xml.ts';

/** What the body refers to. */
export interface BodyContext {
  readonly styles: Styles;
  readonly lists: Lists;
  readonly notes: ReadonlyMap<string, string>;
}

type Attributes = ReadonlyMap<string, string>;
type Action = (value: string | undefined, attributes: Attributes) => void;
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

interface Paragraph {
  readonly own: Mutable<ParagraphStyle>;
  styleId?: string;
  isHeading: boolean;
  readonly notes: string[];
}

/** What was deleted or moved away, how something looked before a change, and what older programs show instead of something. */
const SKIPPED = new Set([
  'del',
  'moveFrom',
  'pPrChange',
  'rPrChange',
  'sectPrChange',
  'tblPrChange',
  'tcPrChange',
  'trPrChange',
  'Fallback',
]);
/** Outline levels below are those of headings. */
const BODY_LEVEL = 9;
const NO_LIST = '0';

/** Reads the main part of a Word document (WordprocessingML, ECMA-376 part 1, 17). */
export class BodyReader implements XmlReader {
  readonly #context: BodyContext;
  readonly #builder: BlockBuilder;
  /** Those that are open: a text box is one with paragraphs of its own. */
  readonly #paragraphs: Paragraph[] = [];
  readonly #elements: string[] = [];
  #skippedFrom = Number.POSITIVE_INFINITY;
  #isRunHidden = false;
  #isHeaderRow = false;
  #cell: Mutable<CellShape> = {};

  constructor(context: BodyContext, limits: ExtractionLimits) {
    this.#context = context;
    this.#builder = new BlockBuilder(limits);
  }

  open(name: string, attributes: Attributes): void {
    if (this.#elements.length === 0 && name !== 'document') throw new ManualRejected('wrong_type');
    this.#elements.push(name);
    if (SKIPPED.has(name)) this.#skippedFrom = Math.min(this.#skippedFrom, this.#elements.length);
    if (this.#isSkipped) return;
    if (this.#isIn('pPr')) this.#readParagraphProperty(name, attributes.get('val'));
    else this.#openings.get(name)?.(attributes.get('val'), attributes);
  }

  close(name: string): void {
    if (!this.#isSkipped) this.#endings.get(name)?.(undefined, new Map());
    if (this.#elements.length === this.#skippedFrom) this.#skippedFrom = Number.POSITIVE_INFINITY;
    this.#elements.pop();
  }

  text(text: string): void {
    if (!this.#isSkipped && this.#elements.at(-1) === 't') this.#say(text);
  }

  end(): Block[] {
    return this.#builder.end();
  }

  get #isSkipped(): boolean {
    return this.#elements.length >= this.#skippedFrom;
  }

  #isIn(parent: string): boolean {
    return this.#elements.at(-2) === parent || this.#elements.at(-3) === parent;
  }

  #say(text: string): void {
    if (!this.#isRunHidden && !this.#style().isHidden) this.#builder.text(text);
  }

  readonly #openings = new Map<string, Action>([
    ['p', () => this.#openParagraph()],
    ['vanish', (value) => this.#hideRun(isOn(value))],
    ['tab', () => this.#say(' ')],
    ['br', () => this.#builder.breakLine()],
    ['cr', () => this.#builder.breakLine()],
    ['noBreakHyphen', () => this.#say('-')],
    ['docPr', (_value, attributes) => this.#say(` ${attributes.get('descr') ?? ''} `)],
    ['footnoteReference', (_value, attributes) => this.#refer('footnote', attributes.get('id'))],
    ['endnoteReference', (_value, attributes) => this.#refer('endnote', attributes.get('id'))],
    ['tbl', () => this.#builder.beginTable()],
    ['tr', () => this.#beginRow()],
    ['tc', () => this.#beginCell()],
    ['tblHeader', (value) => this.#nameColumns(isOn(value))],
    ['gridSpan', (value) => Object.assign(this.#cell, { columns: integer(value) ?? 1 })],
    ['vMerge', (value) => Object.assign(this.#cell, { isContinued: value !== 'restart' })],
  ]);

  readonly #endings = new Map<string, Action>([
    ['pPr', () => this.#beginParagraph()],
    ['p', () => this.#endParagraph()],
    ['r', () => this.#hideRun(false)],
    ['tc', () => this.#builder.endCell()],
    ['tbl', () => this.#builder.endTable()],
  ]);

  #hideRun(isHidden: boolean): void {
    this.#isRunHidden = isHidden;
  }

  #nameColumns(isHeaderRow: boolean): void {
    this.#isHeaderRow = isHeaderRow;
  }

  #beginRow(): void {
    this.#isHeaderRow = false;
    this.#builder.beginRow();
  }

  #beginCell(): void {
    this.#cell = { isHeader: this.#isHeaderRow };
    this.#builder.beginCell(this.#cell);
  }

  #openParagraph(): void {
    this.#builder.endBlock();
    this.#paragraphs.push({ own: {}, isHeading: false, notes: [] });
  }

  #readParagraphProperty(name: string, value: string | undefined): void {
    const paragraph = this.#paragraphs.at(-1);
    if (!paragraph) return;
    if (name === 'pStyle' && value !== undefined) paragraph.styleId = value;
    else if (name === 'outlineLvl') paragraph.own.outlineLevel = integer(value) ?? BODY_LEVEL;
    else if (name === 'numId' && value !== undefined) paragraph.own.listId = value;
    else if (name === 'ilvl') paragraph.own.listLevel = integer(value) ?? 0;
  }

  /** All that the paragraph is has been said before its first words. */
  #beginParagraph(): void {
    const paragraph = this.#paragraphs.at(-1);
    if (!paragraph) return;
    const { outlineLevel = BODY_LEVEL, listId = NO_LIST, listLevel } = this.#style();
    const { lists } = this.#context;
    const level = listLevel ?? lists.levelOf(listId, paragraph.styleId);
    const marker = lists.nextMarker(listId, level);
    paragraph.isHeading = outlineLevel >= 0 && outlineLevel < BODY_LEVEL;
    if (paragraph.isHeading) {
      this.#builder.beginHeading(outlineLevel + 1);
      if (marker !== '') this.#say(`${marker} `);
    } else if (marker !== '') this.#builder.beginItem(marker, level + 1);
  }

  #endParagraph(): void {
    const paragraph = this.#paragraphs.pop();
    if (!paragraph) return;
    if (paragraph.isHeading) this.#builder.endHeading();
    else this.#builder.endItem();
    this.#builder.endBlock();
    for (const note of paragraph.notes) {
      this.#builder.text(note);
      this.#builder.endBlock();
    }
  }

  #refer(kind: NoteKind, id: string | undefined): void {
    const note = this.#context.notes.get(noteKey(kind, id));
    if (note !== undefined && !this.#isRunHidden) this.#paragraphs.at(-1)?.notes.push(note);
  }

  #style(): ParagraphStyle {
    const paragraph = this.#paragraphs.at(-1);
    return { ...this.#context.styles.get(paragraph?.styleId), ...paragraph?.own };
  }
}
