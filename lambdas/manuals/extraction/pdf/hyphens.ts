/** A word that is divided at the end of a line: by a hyphen, by Unicode's own, or by one that is seen only there. */
const DIVIDED = /(?=[-\u2010\u00ad]\n)(?<=(\p{Ll}+))[-\u2010\u00ad]\n(?=(\p{Ll}+))/gu;
const HYPHENATED = /\p{L}+(?:[-\u2010]\p{L}+)+/gu;
const SOFT_HYPHEN = '\u00ad';

/**
 * The pages with words in one piece that were divided between two lower-case letters. One that the manual writes with a hyphen
 * elsewhere keeps it.
 */
export function joinHyphenated(pages: readonly string[]): string[] {
  const hyphenated = new Set(pages.flatMap((page) => page.match(HYPHENATED) ?? []));
  return pages.map((page) =>
    page.replace(DIVIDED, (hyphen: string, before: string, after: string) => {
      return !hyphen.startsWith(SOFT_HYPHEN) && hyphenated.has(`${before}-${after}`) ? '-' : '';
    }),
  );
}
