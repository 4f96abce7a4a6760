import { AwsError, notEmulated } from '../platform/call.ts';

/** Whether a log event's message matches. */
export type MessageFilter = (message: string) => boolean;

interface Term {
  readonly mode: 'all' | 'any' | 'none';
  readonly text: string;
}

/**
 * Reads a filter pattern of terms: `ERROR "timed out" -retry`, or `?ERROR ?WARN`
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html). Terms are case-sensitive.
 * Patterns for JSON, for space-delimited events and regular expressions are refused by name.
 */
export function parseFilterPattern(pattern: string): MessageFilter {
  const trimmed = pattern.trim();
  if (trimmed.startsWith('{')) throw notEmulated('filter patterns for JSON log events');
  if (trimmed.startsWith('[')) throw notEmulated('filter patterns for space-delimited log events');
  const terms = trimmed === '' ? [] : readTerms(trimmed);
  const all = terms.filter((term) => term.mode === 'all');
  const any = terms.filter((term) => term.mode === 'any');
  const none = terms.filter((term) => term.mode === 'none');
  if (any.length > 0 && any.length < terms.length) throw notEmulated('filter patterns that mix "?" with other terms');
  return (message) =>
    all.every((term) => message.includes(term.text)) &&
    (any.length === 0 || any.some((term) => message.includes(term.text))) &&
    !none.some((term) => message.includes(term.text));
}

function readTerms(pattern: string): Term[] {
  const words = pattern.match(/[?-]?"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => {
    const [, sign, quoted, plain] = /^([?-]?)(?:"((?:[^"\\]|\\.)*)"|(.*))$/s.exec(word) ?? [];
    const mode = sign === '?' ? 'any' : sign === '-' ? 'none' : 'all';
    if (quoted !== undefined) return { mode, text: quoted.replace(/\\(.)/gs, '$1') };
    if (plain?.startsWith('%')) throw notEmulated('regular expressions in filter patterns');
    // AWS wants a term with any other character in double quotes.
    if (!plain || !/^\w+$/.test(plain)) throw new AwsError('InvalidParameterException', `Invalid character(s) in term '${plain ?? ''}'`);
    return { mode, text: plain };
  });
}
