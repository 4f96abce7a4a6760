import { notEmulated } from '../platform/call.ts';
import type { MetricIdentity } from './metric-store.ts';

type Term = (metric: MetricIdentity) => boolean;

/** A sign, something in double quotes, or a word. In quotes, a backslash stands before a quote, a backslash and a parenthesis. */
const TOKEN = /\s*(?:(?<sign>[()=])|"(?<quoted>(?:[^"\\()]|\\["\\()])*)"|(?<word>[^\s()="]+))/y;

interface Token {
  readonly sign?: string;
  readonly quoted?: string;
  readonly word?: string;
}

/**
 * Reads what a search demands beside its schema: exact values, of a property that is named or of any, put together by AND, OR, NOT and
 * parentheses (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html). Refused are partial matches,
 * whose rules for names of several parts contradict AWS's examples, and AND beside OR without parentheses, of which AWS does not say
 * which binds tighter.
 */
export function readSearchTerm(text: string, expression: string): Term {
  return new Reader(text, expression).read();
}

class Reader {
  readonly #expression: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, expression: string) {
    this.#expression = expression;
    this.#tokens = this.#tokensOf(text);
  }

  read(): Term {
    if (this.#tokens.length === 0) return () => true;
    const term = this.#several();
    if (this.#peek() !== undefined) throw this.#refusal(this.#peek());
    return term;
  }

  /** All of several terms, or any of them. */
  #several(): Term {
    const terms = [this.#one()];
    const operators = new Set<string>();
    for (let token = this.#peek(); token !== undefined && token.sign !== ')'; token = this.#peek()) {
      const isOperator = token.word === 'AND' || token.word === 'OR';
      if (isOperator) this.#next += 1;
      operators.add(token.word === 'OR' ? 'OR' : 'AND');
      if (operators.size > 1) throw notEmulated(`AND beside OR without parentheses in the search expression ${this.#expression}`);
      terms.push(this.#one());
    }
    return operators.has('OR') ? (metric) => terms.some((term) => term(metric)) : (metric) => terms.every((term) => term(metric));
  }

  #one(): Term {
    const token = this.#take();
    if (token.word === 'NOT') {
      const term = this.#one();
      return (metric) => !term(metric);
    }
    if (token.sign === '(') {
      const term = this.#several();
      const end = this.#take();
      if (end.sign !== ')') throw this.#refusal(end);
      return term;
    }
    const property = token.quoted ?? token.word;
    if (this.#peek()?.sign === '=' && property !== undefined) {
      this.#next += 1;
      const { quoted, ...other } = this.#take();
      if (quoted === undefined || property.startsWith(':')) throw this.#refusal(quoted === undefined ? other : token);
      return (metric) => propertyOf(metric, property) === quoted;
    }
    const { quoted } = token;
    if (quoted === undefined) throw this.#refusal(token);
    return (metric) => namesOf(metric).includes(quoted);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    if (token === undefined) throw notEmulated(`the end of the search expression ${this.#expression}`);
    return token;
  }

  #tokensOf(text: string): Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    let end = 0;
    while (text.slice(end).trim() !== '') {
      const { sign, quoted, word } = TOKEN.exec(text)?.groups ?? {};
      if (sign !== undefined) tokens.push({ sign });
      else if (quoted !== undefined) tokens.push({ quoted: quoted.replaceAll(/\\(.)/g, '$1') });
      else if (word !== undefined) tokens.push({ word });
      else throw notEmulated(`"${text.slice(end).trim()}" in the search expression ${this.#expression}`);
      end = TOKEN.lastIndex;
    }
    return tokens;
  }

  #refusal({ sign, quoted, word }: Token = {}) {
    return notEmulated(`"${sign ?? quoted ?? word}" in the search expression ${this.#expression}`);
  }
}

function propertyOf({ namespace, name, dimensions }: MetricIdentity, property: string): string | undefined {
  if (property === 'Namespace') return namespace;
  return property === 'MetricName' ? name : dimensions[property];
}

/** Where a value is looked for that is of no property in particular. */
function namesOf({ namespace, name, dimensions }: MetricIdentity): string[] {
  return [namespace, name, ...Object.entries(dimensions).flat()];
}
