/** In a page, it stands for members that are not shown. */
const OTHERS = '…';

/**
 * In what a value differs from the form of an example, as sentences that name the place: other members, or other types. Texts and numbers
 * may be any; of a list each entry has the form of the example's first; a list that is empty in the example is empty.
 */
export function differences(value: unknown, example: unknown, place = 'the answer'): string[] {
  const [found, wanted] = [kindOf(value), kindOf(example)];
  if (found !== wanted) return [`${place} is ${found} and not ${wanted}`];
  if (Array.isArray(value) && Array.isArray(example)) {
    if ((value.length === 0) !== (example.length === 0)) return [`${place} has ${value.length} entries`];
    return value.flatMap((entry, index) => differences(entry, example[0], `${place}[${index}]`));
  }
  if (!isRecord(value) || !isRecord(example)) return [];
  const shown = Object.keys(example).filter((name) => name !== OTHERS);
  const missing = shown.filter((name) => !Object.hasOwn(value, name)).map((name) => `${place} has no ${name}`);
  const more = Object.keys(value).filter((name) => !Object.hasOwn(example, name) && !Object.hasOwn(example, OTHERS));
  return [
    ...missing,
    ...more.map((name) => `${place} has ${name} besides`),
    ...shown.filter((name) => Object.hasOwn(value, name)).flatMap((name) => differences(value[name], example[name], `${place}.${name}`)),
  ];
}

const isRecord = (value: unknown): value is Record<string, unknown> => kindOf(value) === 'object';

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
