import { Parser } from 'htmlparser2';
import { ManualRejected } from '../../manual.ts';
import type { Block } from '../block.ts';
import { decodeText, HTML_DECLARATION } from '../decode-text.ts';
import type { ExtractionLimits } from '../limits.ts';
import { BlockBuilder } from './block-builder.ts';
import { type HtmlList, itemMarker, listOf } from './html-list.ts';

type Attributes = Readonly<Record<string, string>>;

/** What holds nothing that is read: programs, rules, what other pages show, what only leads to other pages. */
const SKIPPED = new Set(
  'annotation annotation-xml audio canvas datalist iframe nav noscript object script style template title video'.split(' '),
);
/** What begins and ends a paragraph and does nothing else. */
const PARAGRAPHS =
  `address article aside blockquote body caption center dialog details dir div dl dt fieldset figcaption figure footer form header hgroup hr
  legend main menu optgroup option p section select summary tbody tfoot thead`.split(/\s+/);
const VERBATIM = ['pre', 'listing', 'xmp', 'plaintext', 'textarea'];
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const HIDING_STYLE = /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)/i;
/** What documentation generators put behind a heading to link to it. */
const PERMALINK = /^\s*[¶#§\u{1f517}]\s*$/u;

/** The blocks of a page of HTML as a browser shows it, without a style sheet. Throws ManualRejected. */
export function htmlBlocks(bytes: Uint8Array, limits: ExtractionLimits): Block[] {
  return renderedBlocks(decodeText(bytes, HTML_DECLARATION), limits);
}

/** The same of HTML that is a text already. */
export function renderedBlocks(html: string, limits: ExtractionLimits): Block[] {
  const reader = new HtmlReader(limits);
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    onclosetag: (name) => reader.close(name),
    ontext: (text) => reader.text(text),
  });
  parser.write(html);
  parser.end();
  return reader.end();
}

type Action = (attributes: Attributes) => void;

class HtmlReader {
  readonly #builder: BlockBuilder;
  readonly #maxNesting: number;
  readonly #lists: HtmlList[] = [];
  #depth = 0;
  /** How deep the outermost element is that is skipped. */
  #skippedFrom = Number.POSITIVE_INFINITY;
  #verbatim = 0;
  #inHeading = false;

  constructor(limits: ExtractionLimits) {
    this.#builder = new BlockBuilder(limits);
    this.#maxNesting = limits.nesting;
  }

  open(name: string, attributes: Attributes): void {
    this.#depth += 1;
    if (this.#depth > this.#maxNesting) throw new ManualRejected('unreadable');
    if (SKIPPED.has(name) || isHidden(attributes)) this.#skippedFrom = Math.min(this.#skippedFrom, this.#depth);
    if (!this.#isSkipped) this.#openings.get(name)?.(attributes);
  }

  close(name: string): void {
    if (!this.#isSkipped) this.#endings.get(name)?.({});
    if (this.#depth === this.#skippedFrom) this.#skippedFrom = Number.POSITIVE_INFINITY;
    this.#depth -= 1;
  }

  text(text: string): void {
    if (this.#isSkipped || (this.#inHeading && PERMALINK.test(text))) return;
    this.#builder.text(text);
  }

  end(): Block[] {
    return this.#builder.end();
  }

  get #isSkipped(): boolean {
    return this.#depth >= this.#skippedFrom;
  }

  readonly #openings = new Map<string, Action>([
    ...PARAGRAPHS.map((name) => [name, () => this.#builder.endBlock()] as const),
    ...VERBATIM.map((name) => [name, () => this.#setVerbatim(1)] as const),
    ...HEADINGS.map((name, index) => [name, () => this.#beginHeading(index + 1)] as const),
    ['br', () => this.#builder.breakLine()],
    ['img', ({ alt }) => this.#builder.text(alt ? ` ${alt} ` : '')],
    ['area', ({ alt }) => this.#builder.text(alt ? ` ${alt} ` : '')],
    ['button', () => this.#builder.text(' ')],
    ['ul', () => this.#beginList(listOf(false, {}))],
    ['ol', (attributes) => this.#beginList(listOf(true, attributes))],
    ['li', (attributes) => this.#builder.beginItem(itemMarker(this.#lists.at(-1), attributes), Math.max(this.#lists.length, 1))],
    ['dd', () => this.#builder.endBlock(true)],
    ['table', () => this.#builder.beginTable()],
    ['tr', () => this.#builder.beginRow()],
    ['td', (attributes) => this.#builder.beginCell({ ...spans(attributes), isHeader: false })],
    ['th', (attributes) => this.#builder.beginCell({ ...spans(attributes), isHeader: true })],
  ]);

  readonly #endings = new Map<string, Action>([
    ...PARAGRAPHS.map((name) => [name, () => this.#builder.endBlock()] as const),
    ...VERBATIM.map((name) => [name, () => this.#setVerbatim(-1)] as const),
    ...HEADINGS.map((name) => [name, () => this.#endHeading()] as const),
    ['button', () => this.#builder.text(' ')],
    ['ul', () => this.#endList()],
    ['ol', () => this.#endList()],
    ['li', () => this.#builder.endItem()],
    ['dd', () => this.#builder.endBlock(true)],
    ['table', () => this.#builder.endTable()],
    ['td', () => this.#builder.endCell()],
    ['th', () => this.#builder.endCell()],
  ]);

  #beginHeading(level: number): void {
    this.#inHeading = true;
    this.#builder.beginHeading(level);
  }

  #endHeading(): void {
    this.#inHeading = false;
    this.#builder.endHeading();
  }

  #beginList(list: HtmlList): void {
    this.#builder.endBlock();
    this.#lists.push(list);
  }

  #endList(): void {
    this.#builder.endBlock();
    this.#lists.pop();
  }

  #setVerbatim(change: 1 | -1): void {
    this.#verbatim += change;
    this.#builder.setVerbatim(this.#verbatim > 0);
  }
}

function isHidden(attributes: Attributes): boolean {
  const { hidden, style } = attributes;
  // `until-found` is what a reader's search shows.
  return (hidden !== undefined && hidden.toLowerCase() !== 'until-found') || (style !== undefined && HIDING_STYLE.test(style));
}

/** How many columns and rows a cell spans; a figure that makes no sense is 1. */
function spans({ colspan = '', rowspan = '' }: Attributes): { readonly columns: number; readonly rows: number } {
  const [columns = 1, rows = 1] = [colspan, rowspan].map((value) => Math.max(Number.parseInt(value, 10) || 1, 1));
  return { columns, rows };
}
