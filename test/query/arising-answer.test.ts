import fc from 'fast-check';
import { ArisingAnswer } from '../../lambdas/query/arising-answer.ts';
import { CitationChecker, checkCitations } from '../../lambdas/query/citations.ts';
import type { CitationDocument } from '../../lambdas/query/query.contract.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';

const PASSAGES: readonly Passage[] = ['Rinse the filter. Use cold water.', 'The lid clicks.', 'Check the seal.'].map((text, index) => ({
  text,
  manualId: `m${index}`,
  filename: 'kettle.pdf',
  page: index + 1,
  section: null,
  score: 0.5,
}));

/** Answers full of markers, of what looks like one, of the word for none, and of white space of all kinds. */
const answers = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[[1]]',
        '[[2]]',
        '[[3]]',
        '[[4]]',
        '[[0]]',
        '[[12]]',
        '[[123]]',
        '[1]',
        '[',
        '[[',
        '[[1',
        '[[1]',
        ']',
        ']]',
        '[[[1]]]',
      ),
      fc.constantFrom('NO_ANSWER', 'NO_', 'NO', 'N', '_ANSWER', 'N[[9]]O_ANSWER'),
      fc.constantFrom(' ', '  ', '\t', '\n', ' \n ', '\u00a0', '.', ',', '!', ' .', '?'),
      fc.constantFrom('Rinse the filter', 'lid', 'E-24', 'ß', '漢字', '👩‍👩‍👧', '\ud83d'),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

/** An answer and where it is cut. */
const cutAnswers = answers.chain((answer) =>
  fc.tuple(
    fc.constant(answer),
    fc.uniqueArray(fc.nat({ max: answer.length }), { maxLength: 40 }).map((at) => at.sort((a, b) => a - b)),
  ),
);

function cut(answer: string, at: readonly number[]): string[] {
  const bounds = [0, ...at, answer.length];
  return bounds.slice(1).map((end, index) => answer.slice(bounds[index], end));
}

interface Shown {
  readonly text: string;
  readonly citations: readonly CitationDocument[];
  readonly withdrawn: boolean;
}

/** What a client sees, and what has left after each piece. */
function show(pieces: readonly string[]): Shown & { readonly steps: readonly string[] } {
  const answer = new ArisingAnswer(PASSAGES);
  const citations: CitationDocument[] = [];
  const steps: string[] = [];
  let text = '';
  const see = (events: ReturnType<ArisingAnswer['take']>) => {
    for (const event of events) {
      if (event.event === 'token') text += event.data.text;
      else citations.push(event.data);
    }
    steps.push(text);
  };
  for (const piece of pieces) see(answer.take(piece));
  see(answer.end());
  expect({ text: answer.text, citations: answer.citations }).toEqual({ text, citations });
  return { text, citations, withdrawn: answer.withdrawn, steps };
}

/** What the checks come to, written down for an answer that is there as a whole. */
function checkedAtOnce(answer: string): { readonly text: string; readonly pages: readonly number[] } {
  const pages: number[] = [];
  const text = answer
    .replace(/\[\[(?:\d{1,2}\]?)?$/, '')
    .replace(/\[\[(\d{1,2})\]\]/g, (_marker, digits) => {
      const page = Number(digits);
      if (!PASSAGES[page - 1]) return '';
      if (!pages.includes(page)) pages.push(page);
      return `[${pages.indexOf(page) + 1}]`;
    })
    .replace(/[ \t]+([.,;:!?])/g, '$1')
    .replace(/[ \t]{2,}/g, ' ')
    .trim();
  return { text, pages };
}

test('an answer is the same in whatever pieces it comes', () => {
  fc.assert(
    fc.property(cutAnswers, ([answer, at]) => {
      const { steps: _whole, ...whole } = show([answer]);
      const { steps: _cut, ...inPieces } = show(cut(answer, at));
      expect(inPieces).toEqual(whole);
      // Character by character too.
      const { steps: _split, ...split } = show(answer.split(''));
      expect(split).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});

test('its citations are those of the whole, and its text is too unless it was held back', () => {
  fc.assert(
    fc.property(cutAnswers, ([answer, at]) => {
      const checker = new CitationChecker(PASSAGES);
      const pieces = [...cut(answer, at).flatMap((piece) => [...checker.take(piece)]), ...checker.end()];
      const text = pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
      const citations = pieces.flatMap((piece) => ('citation' in piece ? piece.citation : []));
      expect({ text, citations }).toEqual(checkCitations(answer, PASSAGES));
      expect({ text, pages: citations.map(({ page }) => page) }).toEqual(checkedAtOnce(answer));
      const shown = show(cut(answer, at));
      if (shown.withdrawn) expect(text).toContain('NO_ANSWER');
      else if (citations.length === 0) expect(shown).toMatchObject({ text: '', citations: [] });
      else
        expect({ text: shown.text, citations: shown.citations }).toEqual({
          text: text.replace(/NO_(A(N(S(WE?)?)?)?)?$/, ''),
          citations,
        });
    }),
    { numRuns: 2000 },
  );
});

test('no piece of a marker leaves before it is checked, nor of the word for no answer', () => {
  const markers = fc.array(fc.constantFrom('[[1]]', '[[7]]', 'a', ' ', 'NO_ANSWER', '.', 'Rinse'), { maxLength: 20 });
  fc.assert(
    fc.property(markers, (parts) => {
      const { steps } = show(parts.join('').split(''));
      for (const seen of steps) {
        expect(seen).not.toMatch(/\[\[|\[$|\[\d$|\[7|NO_?|N$/);
        // Nothing is seen before the first citation.
        if (seen !== '') expect(seen).toContain('[1]');
      }
    }),
    { numRuns: 1000 },
  );
});

test('text is shown as soon as it may be', () => {
  const { steps } = show(['Rinse ', 'it [[', '1]]', ' with', ' cold', ' water.', ' Is N', 'ice', ' [[2]]', '.']);
  expect(steps.map((seen, index) => seen.slice((steps[index - 1] ?? '').length))).toEqual([
    '',
    '',
    'Rinse it [1]',
    ' with',
    ' cold',
    ' water.',
    ' Is ',
    'Nice',
    ' [2]',
    '.',
    '',
  ]);
});

test('the text that comes before a citation is that which it stands behind', () => {
  const events = [...new ArisingAnswer(PASSAGES).take('Rinse it [[1]], the lid clicks [[2]]. [[1]]')];
  expect(events.map(({ event, data }) => (event === 'token' ? data.text : data.page))).toEqual([
    'Rinse it [1]',
    1,
    ', the lid clicks [2]',
    2,
    '. [1]',
  ]);
});
