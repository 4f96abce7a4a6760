import { type NumberFormat, numberIn } from './numbering.ts';

/** A list that is open; `next` is the number of its next item, undefined where it has bullets. */
export interface HtmlList {
  next: number | undefined;
  readonly step: 1 | -1;
  readonly format: NumberFormat;
}

type Attributes = Readonly<Record<string, string>>;

const BULLET = '-';
const FORMATS: Readonly<Record<string, NumberFormat>> = { a: 'lowerLetter', A: 'upperLetter', i: 'lowerRoman', I: 'upperRoman' };

/** The list that an element with these attributes opens. */
export function listOf(isNumbered: boolean, attributes: Attributes): HtmlList {
  const next = isNumbered ? (integer(attributes['start']) ?? 1) : undefined;
  return { next, step: attributes['reversed'] === undefined ? 1 : -1, format: FORMATS[attributes['type'] ?? ''] ?? 'decimal' };
}

/** The marker of the list's next item. */
export function itemMarker(list: HtmlList | undefined, attributes: Attributes): string {
  if (list?.next === undefined) return BULLET;
  const number = integer(attributes['value']) ?? list.next;
  list.next = number + list.step;
  return `${numberIn(list.format, number)}.`;
}

function integer(value: string | undefined): number | undefined {
  const number = Number.parseInt(value ?? '', 10);
  return Number.isSafeInteger(number) ? number : undefined;
}
