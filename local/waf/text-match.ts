import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { InspectedRequest } from '../platform/firewall.ts';

type Text = (request: InspectedRequest) => string;
export type TextMatch = (request: InspectedRequest) => boolean;

const FIELDS: Readonly<Record<string, Text>> = {
  Method: ({ method }) => method,
  UriPath: ({ path }) => path,
};

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html */
const TRANSFORMATIONS: Readonly<Record<string, (text: string) => string>> = {
  NONE: (text) => text,
  LOWERCASE: (text) => text.toLowerCase(),
  // What is no encoding stays as it is.
  URL_DECODE: (text) =>
    Buffer.from(
      text.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
      'latin1',
    ).toString(),
};

const POSITIONS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  EXACTLY: (text, part) => text === part,
  STARTS_WITH: (text, part) => text.startsWith(part),
  ENDS_WITH: (text, part) => text.endsWith(part),
  CONTAINS: (text, part) => text.includes(part),
};

/** Constructs that WAF refuses (https://docs.aws.amazon.com/waf/latest/developerguide/waf-regex-pattern-support.html). */
const REFUSED_BY_WAF = /(?<!\\)(?:\\\\)*(?:\((?!\?)|\\[1-9]|\(\?[>R(&|])/;

const field = {
  FieldToMatch: z.record(z.string(), z.unknown()),
  TextTransformations: z.array(z.strictObject({ Priority: z.int(), Type: z.string() })).min(1),
};
const byteMatch = z.strictObject({ ...field, PositionalConstraint: z.string(), SearchString: z.string() });
const regexMatch = z.strictObject({ ...field, RegexString: z.string().min(1).max(512) });

/** A `ByteMatchStatement`. */
export function compileByteMatch(statement: unknown): TextMatch {
  const { PositionalConstraint: position, SearchString: part, ...rest } = byteMatch.parse(statement);
  const matches = known(POSITIONS, position, 'the positional constraint');
  const text = transformed(rest);
  return (request) => matches(text(request), part);
}

/** A `RegexMatchStatement`. Throws for a pattern that WAF would refuse. */
export function compileRegexMatch(statement: unknown): TextMatch {
  const { RegexString: pattern, ...rest } = regexMatch.parse(statement);
  if (REFUSED_BY_WAF.test(pattern)) throw new Error(`WAF refuses the pattern ${pattern}: it captures, or refers to what was captured`);
  const expression = new RegExp(pattern);
  const text = transformed(rest);
  return (request) => expression.test(text(request));
}

function transformed({ FieldToMatch, TextTransformations }: z.output<z.ZodObject<typeof field>>): Text {
  const [name = '', ...others] = Object.keys(FieldToMatch);
  if (others.length > 0) throw new Error(`a statement looks at one field, and this one at ${[name, ...others].join(', ')}`);
  const text = known(FIELDS, name, 'a look at the field');
  const steps = TextTransformations.toSorted((one, other) => one.Priority - other.Priority);
  const transformations = steps.map(({ Type }) => known(TRANSFORMATIONS, Type, 'the text transformation'));
  return (request) => transformations.reduce((result, transform) => transform(result), text(request));
}

/** An entry of what is emulated; the rest is refused by its name. */
function known<Entry>(entries: Readonly<Record<string, Entry>>, name: string, what: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw notEmulated(`${what} ${name} of WAF`);
  return entry;
}
