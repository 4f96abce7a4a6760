import type { FixedPiece } from './policy-text.ts';

/** What the wildcards of a pattern may stand for, as regular expressions. */
export interface WildcardReach {
  readonly many: string;
  readonly one: string;
}

/** Any characters at all, colons and line ends among them. */
export const ANY_CHARACTER: WildcardReach = { many: '.*', one: '.' };
/** Characters within one component of an ARN. */
export const WITHIN_COMPONENT: WildcardReach = { many: '[^:]*', one: '[^:]' };

/** The source of a regular expression for pieces of a policy's text. */
export function expressionSource(pieces: readonly FixedPiece[], { many, one }: WildcardReach): string {
  return pieces
    .map((piece) => {
      if ('literal' in piece) return piece.literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      return piece.wildcard === '*' ? many : one;
    })
    .join('');
}

/** An expression that must match a whole text; a wildcard for one character takes a whole Unicode character. */
export function wholeExpression(source: string): RegExp {
  return new RegExp(`^${source}$`, 'su');
}
