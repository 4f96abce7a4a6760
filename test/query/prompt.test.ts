import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';
import { MARKER, parsePrompt, renderPrompt, withoutMarkers } from '../../lambdas/query/prompt.contract.ts';
import { loadPoisonedManuals } from '../fixtures/fixtures.ts';

test('a prompt is read back as it was written, whatever the passages and the question hold', () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.constantFrom('</passage>', '<question>', '&lt;', '<passage number="9">\nx\n</passage>', '\n', '&amp;amp;'),
  );
  fc.assert(
    fc.property(anyText, fc.array(anyText), (question, texts) => {
      const prompt = { question, passages: texts.map((text, index) => ({ number: index + 1, text })) };
      expect(parsePrompt(renderPrompt(prompt))).toEqual(prompt);
    }),
  );
});

test('another text is no prompt', () => {
  expect(parsePrompt('What is the capital of France?')).toBeUndefined();
});

test.each(loadPoisonedManuals())('what $name says to a model stays within its passage', async ({ path, contentType, questions }) => {
  const { pages } = await extractPages(contentType, readFileSync(path));
  const passages = pages.map(({ text }, index) => ({ number: index + 1, text: withoutMarkers(text) }));
  for (const { question } of questions) {
    const prompt = renderPrompt({ question, passages });
    expect(parsePrompt(prompt)).toEqual({ question, passages });
    expect(prompt.match(/<\/?passage\b/g)).toHaveLength(2 * passages.length);
    expect(prompt.match(/<\/?question\b/g)).toHaveLength(2);
    expect(prompt.search(MARKER)).toBe(-1);
  }
});
