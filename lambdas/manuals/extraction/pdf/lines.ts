/** A piece of text as PDF.js gives it. */
export interface PdfItem {
  readonly str: string;
  /** The last two are where it begins, in points from the left and from the bottom. */
  readonly transform: readonly number[];
  readonly width: number;
  /** Of its letters. */
  readonly height: number;
  /** Whether the next piece stands on another line. */
  readonly hasEOL: boolean;
}

/** A piece of a line, in points from the left and from the bottom of the page. */
export interface Segment {
  readonly text: string;
  readonly left: number;
  readonly right: number;
}

/** A line of a page. */
export interface Line extends Segment {
  readonly bottom: number;
  /** Of its letters. */
  readonly height: number;
  /** What stands far apart on it, such as columns of text or the cells of a table. */
  readonly segments: readonly Segment[];
}

/** A gap of so many heights is more than one between words, however far a line is stretched. */
const SEGMENT_GAP_HEIGHTS = 1.2;
/** Lines that are farther apart than that, in distances of ordinary lines, have an empty one between them. */
const PARAGRAPH_GAP = 1.3;
/** No line of a paragraph is farther from the next, in heights of letters. */
const LARGEST_LEADING_HEIGHTS = 2.5;

/** The lines of a page, in the order in which the file has them, which is that of reading but for columns. */
export function linesOf(items: readonly PdfItem[]): Line[] {
  const lines: Line[] = [];
  let current: PdfItem[] = [];
  const end = () => {
    const line = lineOf(current);
    if (line) lines.push(line);
    current = [];
  };
  for (const item of items) {
    current.push(item);
    if (item.hasEOL) end();
  }
  end();
  return lines;
}

function lineOf(items: readonly PdfItem[]): Line | undefined {
  const words = items.filter(({ str }) => str.trim() !== '');
  const [first] = words;
  if (!first) return undefined;
  const height = Math.max(...words.map((item) => item.height));
  return {
    text: items
      .map(({ str }) => str)
      .join('')
      .trimEnd(),
    left: first.transform[4] ?? 0,
    right: Math.max(...words.map((item) => (item.transform[4] ?? 0) + item.width)),
    bottom: first.transform[5] ?? 0,
    height,
    segments: segmentsOf(items, height),
  };
}

function segmentsOf(items: readonly PdfItem[], height: number): Segment[] {
  const segments: { text: string; left: number; right: number }[] = [];
  for (const { str, transform, width } of items) {
    const left = transform[4] ?? 0;
    const last = segments.at(-1);
    if (str.trim() === '') {
      if (last && left + width - last.right < SEGMENT_GAP_HEIGHTS * height) last.text += str;
    } else if (last && left - last.right < SEGMENT_GAP_HEIGHTS * height) {
      last.text += str;
      last.right = left + width;
    } else segments.push({ text: str, left, right: left + width });
  }
  return segments;
}

/** The text of lines, an empty line where the next one stands apart. */
export function textOf(lines: readonly Line[]): string {
  const leading = ordinaryLeading(lines);
  return lines
    .map((line, index) => {
      const next = lines[index + 1];
      if (!next) return line.text;
      const gap = line.bottom - next.bottom;
      return line.text + (gap > leading * PARAGRAPH_GAP && gap > 0 ? '\n\n' : '\n');
    })
    .join('');
}

/** The distance of two lines that most lines of the page have; where there is none, no line stands apart. */
function ordinaryLeading(lines: readonly Line[]): number {
  const gaps = lines.flatMap((line, index) => {
    const gap = line.bottom - (lines[index + 1]?.bottom ?? line.bottom);
    return gap > 0 && gap < LARGEST_LEADING_HEIGHTS * line.height ? [gap] : [];
  });
  const sorted = gaps.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
