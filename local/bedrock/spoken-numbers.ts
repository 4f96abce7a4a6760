const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const VALUES = new Map([
  ...UNITS.map((word, value) => [word, value] as const),
  ...TENS.map((word, index) => [word, 20 + 10 * index] as const),
]);
const FACTORS = new Map([
  ['hundred', 100],
  ['thousand', 1000],
]);
const VALUE = [...VALUES.keys()].join('|');
/** Number words one after the other, and with them a letter that stands alone before: "e four". */
const SPOKEN_NUMBER = new RegExp(`(\\b[a-z] )?\\b((?:${VALUE})(?:[ -](?:${VALUE}|hundred|thousand|oh|point(?= (?:${VALUE}))))*)\\b`, 'gi');

/**
 * A text with its number words in digits, as manuals write them: "three thirty" becomes 330, "two point four" 2.4, "e twenty four" e 24.
 * A small number that stands alone stays a word, as it does in manuals.
 */
export function spokenNumbersAsDigits(text: string): string {
  return text.replace(SPOKEN_NUMBER, (spoken, letter: string | undefined, number: string) => {
    const words = number.toLowerCase().split(/[ -]/);
    const standsAlone = words.length === 1 && (VALUES.get(number.toLowerCase()) ?? 0) < 10 && letter === undefined;
    return standsAlone ? spoken : (letter ?? '') + digitsOf(words);
  });
}

function digitsOf(words: readonly string[]): string {
  const groups: (number | string)[] = [];
  for (const word of words) {
    const before = groups.at(-1);
    const value = VALUES.get(word);
    const factor = FACTORS.get(word);
    if (typeof before === 'number' && factor !== undefined) groups.splice(-1, 1, before * factor);
    else if (typeof before === 'number' && value !== undefined && hasRoomFor(value, before)) groups.splice(-1, 1, before + value);
    else groups.push(value ?? (word === 'point' ? '.' : 0));
  }
  return groups.join('');
}

/** Whether a number goes on with another: twenty with four, two hundred with thirty. */
function hasRoomFor(value: number, before: number): boolean {
  return before >= 20 && (before % 100 === 0 ? value < 100 : before % 10 === 0 && value > 0 && value < 10);
}
