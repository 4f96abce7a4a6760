import type { Line, Segment } from './lines.ts';

/** How far the left edges of a column's lines are apart at most, in points. */
const EDGE_TOLERANCE_POINTS = 3;
/** Columns of text have so many lines side by side, and so many characters in a line; tables have fewer. */
const MIN_LINES = 8;
const MIN_CHARACTERS_PER_LINE = 25;

/**
 * Two columns of text whose lines the file has in turn, one of the left, one of the right, become one column after the other. A line
 * across both stays between what is above and below it. Files that have one column after the other stay as they are.
 */
export function inReadingOrder(lines: readonly Line[]): readonly Line[] {
  const edge = rightColumn(lines);
  if (edge === undefined) return lines;
  const ordered: Line[] = [];
  let [left, right]: [Line[], Line[]] = [[], []];
  const endColumns = () => {
    ordered.push(...left, ...right);
    [left, right] = [[], []];
  };
  for (const line of lines) {
    const [first, second] = halves(line, edge);
    if (first && second) {
      left.push(first);
      right.push(second);
    } else if (second) right.push(second);
    else if (line.right < edge) left.push(line);
    else {
      endColumns();
      ordered.push(line);
    }
  }
  endColumns();
  return ordered;
}

/** Where the right column begins, if the page has two. */
function rightColumn(lines: readonly Line[]): number | undefined {
  const pairs = lines.flatMap(({ segments: [first, second, third] }) => (first && second && !third ? [[first, second] as const] : []));
  const edges = pairs.map(([, { left }]) => left).toSorted((a, b) => a - b);
  const edge = edges[Math.floor(edges.length / 2)];
  if (edge === undefined) return undefined;
  const columns = pairs.filter(([, { left }]) => Math.abs(left - edge) <= EDGE_TOLERANCE_POINTS);
  const isText = [0, 1].every((side) => {
    const characters = columns.reduce((sum, pair) => sum + (pair[side]?.text.length ?? 0), 0);
    return characters >= MIN_CHARACTERS_PER_LINE * columns.length;
  });
  return columns.length >= MIN_LINES && columns.length > pairs.length / 2 && isText ? edge - EDGE_TOLERANCE_POINTS : undefined;
}

/** A line's parts left and right of the edge; neither where something stands across it. */
function halves(line: Line, edge: number): [Line | undefined, Line | undefined] {
  if (line.segments.some(({ left, right }) => left < edge && right > edge)) return [undefined, undefined];
  const part = (segments: readonly Segment[]): Line | undefined => {
    const [first] = segments;
    const last = segments.at(-1);
    if (!first || !last) return undefined;
    return { ...line, text: segments.map(({ text }) => text).join(' '), left: first.left, right: last.right, segments };
  };
  return [part(line.segments.filter(({ left }) => left < edge)), part(line.segments.filter(({ left }) => left >= edge))];
}
