import { spokenNumbersAsDigits } from '../../local/bedrock/spoken-numbers.ts';
import { relatedStems, specificity } from '../../local/bedrock/word-vectors/word-vectors.ts';

describe('spoken numbers', () => {
  test.each([
    ['error e twenty four', 'error e 24'],
    ['error e four', 'error e 4'],
    ['a solar three thirty', 'a solar 330'],
    ['two point four gigahertz', '2.4 gigahertz'],
    ['t one thousand', 't 1000'],
    ['Windows Eleven', 'Windows 11'],
    ['nineteen eighty-four', '1984'],
    ['two hundred thirty volts', '230 volts'],
    ['one oh five', '105'],
    ['zero point five litres', '0.5 litres'],
    ['six five four', '654'],
  ])('%s', (spoken, written) => {
    expect(spokenNumbersAsDigits(spoken)).toBe(written);
  });

  test.each(['one of my remotes', 'the two buttons', 'what is the point', 'a tent', 'someone phoned ninety-ish times'])(
    'not in: %s',
    (text) => {
      expect(spokenNumbersAsDigits(text)).toBe(text.replace('ninety', '90'));
    },
  );
});

describe('words that are used alike', () => {
  test('are known by their stems, the word’s own form left out, and the same both ways', () => {
    const related = relatedStems('electricity');
    expect(related.get('power')).toBeGreaterThan(0.5);
    expect(related.get('banana')).toBeUndefined();
    expect(related.get('electr')).toBeUndefined();
    expect(relatedStems('power').get('electr')).toBeGreaterThan(0.5);
    for (const likeness of related.values()) {
      expect(likeness).toBeGreaterThan(0.4);
      expect(likeness).toBeLessThan(1);
    }
  });

  test('are none of a word that is not among the frequent ones, and specific are those', () => {
    expect(relatedStems('upsdrvctl').size).toBe(0);
    expect([specificity('the'), specificity('upsdrvctl')]).toEqual([0, 1]);
    expect(specificity('machine')).toBeLessThan(specificity('torque'));
  });
});
