import type { ExtractionLimits } from '../limits.ts';
import { type NumberFormat, numberIn } from '../markup/numbering.ts';
import { integer } from './values.ts';
import { readXml } from './xml.ts';

interface Level {
  format: string;
  /** What stands before an item; `%1` is the number of the outermost level. */
  text: string;
  start: number;
  /** The paragraph style whose paragraphs are on this level without saying so. */
  styleId?: string;
}

/** What the items of a list look like, by level. Lists that are counted together share one. */
interface Definition {
  readonly levels: Map<number, Level>;
  readonly counters: number[];
}

const DEEPEST_LEVEL = 8;
const BULLET = '-';
const LONGEST_MARKER = 40;
const FORMATS: ReadonlySet<string> = new Set<NumberFormat>(['decimal', 'lowerLetter', 'upperLetter', 'lowerRoman', 'upperRoman']);

/** The lists of a document (ECMA-376 part 1, 17.9), which know how far they have been counted. */
export class Lists {
  readonly #definitions = new Map<string, Definition>();
  readonly #lists = new Map<string, Definition>();

  constructor(part: Uint8Array | undefined, limits: ExtractionLimits) {
    let definition: Definition | undefined;
    let level: Level | undefined;
    let listId: string | undefined;
    const open = (name: string, attributes: ReadonlyMap<string, string>) => {
      const value = attributes.get('val');
      if (name === 'abstractNum') {
        definition = { levels: new Map(), counters: [] };
        this.#definitions.set(attributes.get('abstractNumId') ?? '', definition);
      } else if (name === 'lvl') {
        level = { format: 'decimal', text: '', start: 1 };
        // One that a list changes for itself stays as it was defined.
        if (listId === undefined) definition?.levels.set(integer(attributes.get('ilvl')) ?? 0, level);
      } else if (name === 'num') listId = attributes.get('numId');
      else if (name === 'abstractNumId' && listId !== undefined) {
        const shared = this.#definitions.get(value ?? '');
        if (shared) this.#lists.set(listId, shared);
      } else if (level && name === 'numFmt') level.format = value ?? '';
      else if (level && name === 'lvlText') level.text = value ?? '';
      else if (level && name === 'start') level.start = integer(value) ?? 1;
      else if (level && name === 'pStyle' && value !== undefined) level.styleId = value;
    };
    if (part) readXml(part, { open }, limits);
  }

  /** The level of paragraphs of that style which name none. */
  levelOf(listId: string | undefined, styleId: string | undefined): number {
    const levels = this.#lists.get(listId ?? '')?.levels ?? new Map<number, Level>();
    return [...levels].find(([, level]) => styleId !== undefined && level.styleId === styleId)?.[0] ?? 0;
  }

  /** What stands before the next item on that level of the list; empty when there is no such list. */
  nextMarker(listId: string | undefined, level: number): string {
    const list = this.#lists.get(listId ?? '');
    const shape = list?.levels.get(level);
    if (!list || !shape || level > DEEPEST_LEVEL) return '';
    const { counters, levels } = list;
    // What is counted deeper begins anew.
    counters.length = Math.min(counters.length, level + 1);
    for (let outer = 0; outer < level; outer += 1) counters[outer] ??= levels.get(outer)?.start ?? 1;
    const last = counters[level];
    counters[level] = last === undefined ? shape.start : last + 1;
    if (shape.format === 'bullet') return BULLET;
    if (shape.format === 'none') return '';
    const marker = shape.text.replace(/%([1-9])/g, (_mark, digit: string) => {
      const counted = Number(digit) - 1;
      return numberIn(numberFormat(levels.get(counted)?.format), counters[counted] ?? 1);
    });
    return marker.trim().slice(0, LONGEST_MARKER);
  }
}

const numberFormat = (format = ''): NumberFormat => (FORMATS.has(format) ? (format as NumberFormat) : 'decimal');
