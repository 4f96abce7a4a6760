import { wordErrorRate, wordErrors } from './word-error-rate.ts';

test.each([
  ['how do i descale it', 'How do I descale it?', 0],
  ['how do i descale it', 'how do i the scale it', 2],
  ['how do i descale it', 'how do descale it', 1],
  ['how do i descale it', 'so how do i descale it', 1],
  ['how do i descale it', '', 5],
  ['', 'hello there', 2],
  ['one two three', 'three two one', 2],
])('of "%s", heard as "%s", %i words are wrong', (said, heard, errors) => {
  expect(wordErrors(said, heard)).toEqual({ errors, words: said.split(' ').filter(Boolean).length });
});

test('the rate of several is that of all their words, so that a short one weighs less', () => {
  expect(wordErrorRate([wordErrors('no', 'yes'), wordErrors('how do i', 'how do i')])).toBe(0.25);
  expect(wordErrorRate([])).toBe(0);
});
