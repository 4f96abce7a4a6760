/** A page of a manual: of a PDF its physical page, of other formats a part of about a page's length. */
export interface Page {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
}

/** Collapses runs of spaces, keeps line ends, drops control characters that have no meaning in text. */
export function tidy(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}
