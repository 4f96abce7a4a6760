import type { Line } from './lines.ts';

/** A header or footer is among so many lines at the top and at the bottom of a page. */
const MARGIN_LINES = 3;
/** Fewer pages do not show what repeats. */
const MIN_PAGES = 4;
/** Of all pages, or of those with an even or an odd number, which often differ. */
const MIN_SHARE = 0.6;
/** Places that are no farther apart are the same, in points. */
const PLACE_POINTS = 4;
/** A header's letters are no larger than the text's, but for so much; a heading's are. */
const LARGEST_HEIGHT = 1.25;

/**
 * The pages without the lines at their top and bottom that most have at the same place and with the same words, but for the page's number.
 * The first page that has such a line keeps it, unless it is nothing but a number; and no page loses its last line.
 */
export function withoutRunningLines(pages: readonly (readonly Line[])[]): Line[][] {
  const height = median(pages.flat().map((line) => line.height));
  const margins = pages.map((lines, index) =>
    marginsOf(lines, height).map((margin) => margin.map((line) => ({ line, keys: keysOf(line, index + 1) }))),
  );
  const running = runningKeys(margins.map((page) => new Set(page.flat().flatMap(({ keys }) => keys))));
  const seen = new Set<string>();
  return pages.map((lines, index) => {
    const removed = new Set<Line>();
    for (const margin of margins[index] ?? []) {
      for (const { line, keys } of margin) {
        const key = keys.find((candidate) => running.has(candidate));
        // What is further inside is text, though it may be the same on many pages.
        if (key === undefined) break;
        if (seen.has(key) || !/\p{L}{2}/u.test(line.text)) removed.add(line);
        seen.add(key);
      }
    }
    return removed.size < lines.length ? lines.filter((line) => !removed.has(line)) : [...lines];
  });
}

/** The lines in which a header and a footer are looked for, each from the page's edge inwards. */
function marginsOf(lines: readonly Line[], height: number): Line[][] {
  const fromTop = lines.toSorted((a, b) => b.bottom - a.bottom);
  const isSmall = (line: Line) => line.height <= height * LARGEST_HEIGHT;
  return [fromTop, fromTop.toReversed()].map((edge) => edge.slice(0, MARGIN_LINES).filter(isSmall));
}

/** Two pages with an equal key have the same running line: the same place and words, or words with a number that grows with the page's. */
function keysOf({ text, left, bottom }: Line, page: number): string[] {
  const words = text.trim().replace(/\s+/g, ' ');
  const [number] = /\d{1,4}/.exec(words) ?? [];
  const same = `${words}@${place(left)},${place(bottom)}`;
  // Its digits are not always as many, so that it may begin elsewhere.
  return number === undefined ? [same] : [same, `${words.replace(number, `#${Number(number) - page}`)}@${place(bottom)}`];
}

const place = (points: number): number => Math.round(points / PLACE_POINTS);

/** The keys that most pages have, or most of the even or of the odd ones. */
function runningKeys(pages: readonly ReadonlySet<string>[]): Set<string> {
  const running = new Set<string>();
  for (const belongs of [() => true, isEven, (index: number) => !isEven(index)]) {
    const same = pages.filter((keys, index) => keys.size > 0 && belongs(index));
    const counts = new Map<string, number>();
    for (const keys of same) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const [key, count] of counts) if (count >= MIN_PAGES && count >= same.length * MIN_SHARE) running.add(key);
  }
  return running;
}

const isEven = (index: number): boolean => index % 2 === 0;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
