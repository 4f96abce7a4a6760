import fc from 'fast-check';
import { checkCitations } from '../../lambdas/query/citations.ts';
import { excerptOf } from '../../lambdas/query/excerpt.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';

function passage(text: string, page = 1): Passage {
  return { text, manualId: 'm1', filename: 'kettle.pdf', page, section: null, score: 0.5 };
}

const FILTER = passage('Rinse the filter every month. Use cold water only. Never put it into the dishwasher.', 12);
const LID = passage('The lid locks with a click. If it does not, check the seal.', 3);

test('a marker becomes a citation with page and verbatim excerpt', () => {
  const { text, citations } = checkCitations('Rinse the filter with cold water [[1]].', [FILTER, LID]);
  expect(text).toBe('Rinse the filter with cold water [1].');
  expect(citations).toEqual([expect.objectContaining({ manual_id: 'm1', filename: 'kettle.pdf', page: 12, section: null })]);
  expect(FILTER.text).toContain(citations[0]?.excerpt);
  expect(citations[0]?.excerpt).toContain('Use cold water only.');
});

test('markers that name no passage are dropped, and the others renumbered in the order of the answer', () => {
  const { text, citations } = checkCitations('The lid clicks [[2]]. Magic [[7]]. Rinse the filter [[1]] [[0]].', [FILTER, LID]);
  expect(text).toBe('The lid clicks [1]. Magic. Rinse the filter [2].');
  expect(citations.map(({ page }) => page)).toEqual([3, 12]);
});

test('a passage that is cited twice is one citation', () => {
  const { text, citations } = checkCitations('It locks [[2]]. Check the seal [[2]].', [FILTER, LID]);
  expect(text).toBe('It locks [1]. Check the seal [1].');
  expect(citations).toHaveLength(1);
});

test('an answer without markers has no citations', () => {
  expect(checkCitations('Because I say so.', [FILTER])).toEqual({ text: 'Because I say so.', citations: [] });
});

test('whatever the answer, each citation names a passage, once, and its excerpt is a part of it', () => {
  const words = fc.array(
    fc.constantFrom('filter', 'lid', 'seal', 'Water', 'E-24', 'ß', '漢字', '[[1]]', '[[2]]', '[[3]]', '[[99]]', '[7]', '.', '\n'),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(words, fc.array(words, { maxLength: 3 }), (answer, texts) => {
      const passages = texts.map((text, index) => passage(text.join(' '), index + 1));
      const { text, citations } = checkCitations(answer.join(' '), passages);
      const markers = new Set([...text.matchAll(/\[([1-6])\]/g)].map(([, number]) => Number(number)));
      expect(citations).toHaveLength(markers.size);
      expect(new Set(citations.map(({ page }) => page)).size).toBe(citations.length);
      for (const { page, excerpt } of citations) expect(passages[(page ?? 0) - 1]?.text).toContain(excerpt);
    }),
  );
});

test('an excerpt is a verbatim part of any text, and never long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), fc.string({ maxLength: 100 }), (text, claim) => {
      const excerpt = excerptOf(text, claim);
      expect(text).toContain(excerpt);
      expect(excerpt.length).toBeLessThanOrEqual(320);
    }),
  );
});

test.each([
  ['केतली को सिरके से साफ करें।', 'केतली को महीने में एक बार सिरके से साफ करें।'],
  ['酢で水垢を取り除く。', '電気ケトルは月に一度、酢で水垢を取り除いてください。'],
  ['Чем чистить чайник? Уксусом.', 'Чистить чайник раз в месяц уксусом.'],
])('the excerpt for "%s" is of its own language', (claim, line) => {
  const lines = [
    'Clean the filter once a week. '.repeat(12),
    'केतली को पानी से भरें। '.repeat(15),
    '水を入れてください。'.repeat(33),
    'Налейте воду. '.repeat(25),
    line,
  ];
  expect(excerptOf(lines.join('\n'), claim)).toContain(line);
});
