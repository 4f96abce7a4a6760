const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';

interface MediaRange {
  readonly range: string;
  /** 0 to 1; 0 refuses. */
  readonly quality: number;
}

/**
 * Whether a client would rather have server-sent events than JSON (RFC 9110, section 12.5.1): they weigh more, or as much and are named
 * themselves. Who does not say, or takes anything, gets JSON; so does who takes neither, since an answer is worth more than a 406.
 */
export function prefersEvents(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map(parseRange);
  const events = qualityOf(EVENTS, ranges);
  const json = qualityOf(JSON_TYPE, ranges);
  return events > json || (events > 0 && events === json && ranges.some(({ range }) => range === EVENTS));
}

function parseRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '');
  const quality = weight === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
  return { range, quality };
}

/** By the most specific range that it falls into; none is a refusal. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const [family] = type.split('/');
  for (const candidate of [type, `${family}/*`, '*/*']) {
    const match = ranges.find(({ range }) => range === candidate);
    if (match) return match.quality;
  }
  return 0;
}
