import type { ExtractionLimits } from '../limits.ts';
import { integer, isOn } from './values.ts';
import { readXml } from './xml.ts';

/** What a paragraph takes from its style, the styles that that one is based on included. */
export interface ParagraphStyle {
  /** As Word counts: 0 is the outermost heading, 9 is ordinary text. */
  readonly outlineLevel?: number;
  /** Of its list. */
  readonly listId?: string;
  readonly listLevel?: number;
  readonly isHidden?: boolean;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

interface NamedStyle {
  readonly own: Mutable<ParagraphStyle>;
  basedOn?: string;
}

/** Deeper than any chain of styles that somebody made; one that leads back to itself ends here. */
const LONGEST_CHAIN = 20;
/** What Word calls its built-in headings in every language, in the file; the title counts as the outermost. */
const HEADING_NAME = /^heading ([1-9])$/i;

/** The styles of a document, by id. */
export class Styles {
  readonly #styles = new Map<string, NamedStyle>();

  constructor(part: Uint8Array | undefined, limits: ExtractionLimits) {
    let current: NamedStyle | undefined;
    const open = (name: string, attributes: ReadonlyMap<string, string>) => {
      const value = attributes.get('val');
      if (name === 'style') {
        current = { own: {} };
        this.#styles.set(attributes.get('styleId') ?? '', current);
      } else if (current) readProperty(current, name, value);
    };
    if (part) readXml(part, { open }, limits);
  }

  /** What the style of that id says; nothing when there is none. */
  get(id: string | undefined): ParagraphStyle {
    let found: ParagraphStyle = {};
    let next = id;
    for (let link = 0; next !== undefined && link < LONGEST_CHAIN; link += 1) {
      const style = this.#styles.get(next);
      found = { ...style?.own, ...found };
      next = style?.basedOn;
    }
    return found;
  }
}

function readProperty(style: NamedStyle, name: string, value: string | undefined): void {
  switch (name) {
    case 'name': {
      const level = value === 'Title' ? '1' : HEADING_NAME.exec(value ?? '')?.[1];
      if (level !== undefined) style.own.outlineLevel ??= Number(level) - 1;
      return;
    }
    case 'basedOn':
      style.basedOn = value;
      return;
    case 'outlineLvl':
      style.own.outlineLevel = integer(value) ?? 9;
      return;
    case 'numId':
      style.own.listId = value;
      return;
    case 'ilvl':
      style.own.listLevel = integer(value) ?? 0;
      return;
    case 'vanish':
      style.own.isHidden = isOn(value);
  }
}
