import type { RequestContext } from './policy-context.ts';
import { PolicyRefusal } from './policy-refusal.ts';

/** A piece of a policy's text whose meaning no request changes: characters that stand for themselves, or a wildcard. */
export type FixedPiece = { readonly literal: string } | { readonly wildcard: '*' | '?' };

/** A policy variable, replaced by the value of a condition key (in lower case) in each request. */
type Variable = { readonly variable: string; readonly otherwise: string | undefined };

export interface TextRules {
  /** `*` and `?` are wildcards, rather than themselves. */
  readonly wildcards: boolean;
  /** `${...}` is a policy variable, as in policies of version 2012-10-17. */
  readonly variables: boolean;
}

const VARIABLE = /^\s*([^\s,'](?:[^,']*[^\s,'])?)\s*(?:,\s*'([^']*)'\s*)?$/;

/**
 * A text of a policy, taken apart once. Variables, their defaults and the special characters `${*}`, `${?}` and `${$}` are
 * those of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
 */
export class PolicyText {
  readonly #pieces: readonly (FixedPiece | Variable)[];
  readonly #fixed: readonly FixedPiece[] | undefined;

  /** Throws a PolicyRefusal for a variable that is not well-formed. */
  constructor(text: string, rules: TextRules) {
    this.#pieces = [...pieces(text, rules)];
    this.#fixed = this.#pieces.some((piece) => 'variable' in piece) ? undefined : (this.#pieces as FixedPiece[]);
  }

  /** The pieces of a text without variables; undefined if it has any. */
  get fixed(): readonly FixedPiece[] | undefined {
    return this.#fixed;
  }

  /** The pieces with variables replaced; undefined when one has neither a value nor a default, so that nothing matches. */
  resolve(context: RequestContext): readonly FixedPiece[] | undefined {
    if (this.#fixed) return this.#fixed;
    const resolved: FixedPiece[] = [];
    for (const piece of this.#pieces) {
      if (!('variable' in piece)) {
        resolved.push(piece);
        continue;
      }
      const value = context.variable(piece.variable) ?? piece.otherwise;
      if (value === undefined) return undefined;
      resolved.push({ literal: value });
    }
    return resolved;
  }
}

/**
 * A test that is made once for a text without variables, and anew for each request for one with variables, which matches
 * nothing when a variable has no value.
 */
export function compileText<T>(
  text: PolicyText,
  compile: (pieces: readonly FixedPiece[]) => T,
): (context: RequestContext) => T | undefined {
  if (text.fixed) {
    const compiled = compile(text.fixed);
    return () => compiled;
  }
  return (context) => {
    const resolved = text.resolve(context);
    return resolved && compile(resolved);
  };
}

/** Writes a text so that a policy of version 2012-10-17 takes every character for itself. */
export function escapeText(text: string): string {
  return text.replace(/[*?]|\$(?=\{)/g, '$${$&}');
}

function* pieces(text: string, { wildcards, variables }: TextRules): Generator<FixedPiece | Variable> {
  let literal = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const isVariable = variables && text.startsWith('${', at);
    const wildcard = wildcards && (character === '*' || character === '?') ? character : undefined;
    if (!isVariable && !wildcard) {
      literal += character;
      continue;
    }
    if (literal) yield { literal };
    literal = '';
    if (wildcard) {
      yield { wildcard };
      continue;
    }
    const end = text.indexOf('}', at);
    if (end < 0) throw new PolicyRefusal(`the policy variable in "${text}" has no closing brace`);
    yield variable(text.slice(at + 2, end));
    at = end;
  }
  if (literal) yield { literal };
}

function variable(inner: string): FixedPiece | Variable {
  if (inner === '*' || inner === '?' || inner === '$') return { literal: inner };
  const [, name, otherwise] = VARIABLE.exec(inner) ?? [];
  if (!name) throw new PolicyRefusal(`"\${${inner}}" is not a policy variable`);
  return { variable: name.toLowerCase(), otherwise };
}
