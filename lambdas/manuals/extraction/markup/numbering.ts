/** How the items of a list are counted; the names are Word's (ECMA-376 part 1, 17.18.59). */
export type NumberFormat = 'decimal' | 'lowerLetter' | 'upperLetter' | 'lowerRoman' | 'upperRoman';

const ROMAN = Object.entries({ m: 1000, cm: 900, d: 500, cd: 400, c: 100, xc: 90, l: 50, xl: 40, x: 10, ix: 9, v: 5, iv: 4, i: 1 });
/** The Romans wrote no larger number without a mark of its own. */
const LARGEST_ROMAN = 3999;
/** Word repeats letters, `z` and then `aa`, `bb`; nobody counts so far. */
const LARGEST_LETTERS = 26 * 5;

/** A number as that format writes it; what it cannot write is decimal. */
export function numberIn(format: NumberFormat, number: number): string {
  switch (format) {
    case 'lowerLetter':
    case 'upperLetter':
      return inCase(format, letters(number));
    case 'lowerRoman':
    case 'upperRoman':
      return inCase(format, roman(number));
    default:
      return String(number);
  }
}

const inCase = (format: NumberFormat, text: string): string => (format.startsWith('upper') ? text.toUpperCase() : text);

function letters(number: number): string {
  if (number < 1 || number > LARGEST_LETTERS) return String(number);
  return String.fromCharCode(97 + ((number - 1) % 26)).repeat(Math.ceil(number / 26));
}

function roman(number: number): string {
  if (number < 1 || number > LARGEST_ROMAN) return String(number);
  let rest = number;
  return ROMAN.reduce((text, [numeral, value]) => {
    const times = Math.floor(rest / value);
    rest -= times * value;
    return text + numeral.repeat(times);
  }, '');
}
