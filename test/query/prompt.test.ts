import fc from 'fast-check';
import { parsePrompt, renderPrompt } from '../../lambdas/query/prompt.contract.ts';

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
