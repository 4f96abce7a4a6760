/** A whole number; undefined when it is none. */
export function integer(value: string | undefined): number | undefined {
  const number = Number.parseInt(value ?? '', 10);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Whether a property is on: it is when it is there, unless it says otherwise (ECMA-376 part 1, 22.9.2.7). */
export function isOn(value: string | undefined): boolean {
  return !['0', 'false', 'off'].includes(value ?? '');
}
