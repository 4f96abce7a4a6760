import { notEmulated } from '../../platform/call.ts';

/** Values by the moment at which their period begins; where there is none, it is missing. */
export type Series = ReadonlyMap<number, number>;
/** What an expression comes to. */
type Value = number | Series | readonly Series[];

/** What expressions are worked out over. */
export interface Data {
  /** The metric or expression of this id. Throws when there is none. */
  seriesOf(id: string): Series;
  /** Every moment that is looked at, whether or not there is data for it. */
  readonly moments: readonly number[];
}

/** An expression, read and ready to be worked out. */
export type Expression = (data: Data) => Value;

type Operator = (one: number, other: number) => number;

/** From what binds loosest to what binds tightest. */
const OPERATORS: readonly Readonly<Record<string, Operator>>[] = [
  {
    '<': (one, other) => Number(one < other),
    '<=': (one, other) => Number(one <= other),
    '>': (one, other) => Number(one > other),
    '>=': (one, other) => Number(one >= other),
    '==': (one, other) => Number(one === other),
    '!=': (one, other) => Number(one !== other),
  },
  { '+': (one, other) => one + other, '-': (one, other) => one - other },
  { '*': (one, other) => one * other, '/': (one, other) => one / other },
];

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z]\w*|<=|>=|==|!=|[-+*/<>()[\],])/y;

/**
 * Reads an expression of metric math (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html): arithmetic,
 * comparisons, lists, and the functions SUM, MAX, MIN, FILL and IF. What else CloudWatch knows is refused by name.
 */
export function readExpression(text: string): Expression {
  return new Reader(text).read();
}

/** One series of an expression, as an alarm must have. A number stands for the same value at each moment. */
export function seriesOf(expression: Expression, data: Data): Series {
  const value = expression(data);
  if (typeof value === 'number') return new Map(data.moments.map((moment) => [moment, value]));
  if (isList(value)) throw notEmulated('an expression of an alarm that gives several series');
  return value;
}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  read(): Expression {
    const expression = this.#binary(0);
    if (this.#next < this.#tokens.length) throw this.#refusal();
    return expression;
  }

  #binary(level: number): Expression {
    const operators = OPERATORS[level];
    if (!operators) return this.#primary();
    let left = this.#binary(level + 1);
    for (let operate = operators[this.#peek()]; operate; operate = operators[this.#peek()]) {
      this.#next += 1;
      left = applied(operate, left, this.#binary(level + 1));
    }
    return left;
  }

  #primary(): Expression {
    const token = this.#take();
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '-')
      return applied(
        (one, other) => one - other,
        () => 0,
        this.#primary(),
      );
    if (token === '(') {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (token === '[') {
      const parts = this.#listUntil(']');
      return (data) => parts.map((part) => seriesOf(part, data));
    }
    if (/^[a-z]/.test(token)) return (data) => data.seriesOf(token);
    return this.#call(token);
  }

  #call(name: string): Expression {
    const define = FUNCTIONS[name];
    if (!define || this.#peek() !== '(') throw this.#refusal(name);
    this.#next += 1;
    const expression = define(this.#listUntil(')'));
    if (!expression) throw this.#refusal(name);
    return expression;
  }

  #listUntil(end: string): Expression[] {
    const parts = [this.#binary(0)];
    while (this.#peek() === ',') {
      this.#next += 1;
      parts.push(this.#binary(0));
    }
    this.#expect(end);
    return parts;
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    if (!/^[\dA-Za-z([-]/.test(token)) throw this.#refusal();
    this.#next += 1;
    return token;
  }

  #expect(token: string): void {
    if (this.#peek() !== token) throw this.#refusal();
    this.#next += 1;
  }

  #refusal(what = this.#peek()) {
    return notEmulated(`"${what}" in the metric math ${this.#text}`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  while (text.slice(end).trim() !== '') {
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw notEmulated(`"${text.slice(end).trim()}" in the metric math ${text}`);
    end = TOKEN.lastIndex;
    tokens.push(token);
  }
  return tokens;
}

/** What a function of metric math does with its parameters; nothing where it does not take them so. */
const FUNCTIONS: Readonly<Record<string, (parameters: readonly Expression[]) => Expression | undefined>> = {
  SUM: ofList((values) => values.reduce((one, other) => one + other, 0)),
  MAX: ofList((values) => Math.max(...values)),
  MIN: ofList((values) => Math.min(...values)),
  FILL: ([series, filler]) =>
    series &&
    filler &&
    ((data) => {
      const [known, value] = [seriesOf(series, data), filler(data)];
      if (typeof value !== 'number') throw notEmulated('FILL with anything but a number');
      return new Map(data.moments.map((moment) => [moment, known.get(moment) ?? value]));
    }),
  IF: ([condition, then, otherwise]) =>
    condition &&
    then &&
    otherwise &&
    ((data) => {
      const [met, one, other] = [condition, then, otherwise].map((part) => seriesOf(part, data));
      return atEach(data.moments, (moment) => {
        const decided = met?.get(moment);
        return decided === undefined ? undefined : (decided === 0 ? other : one)?.get(moment);
      });
    }),
};

/** A function of several series that looks at one moment at a time. What is missing of one series does not count. */
function ofList(combine: (values: readonly number[]) => number): (parameters: readonly Expression[]) => Expression | undefined {
  return ([list, ...more]) =>
    list && more.length === 0
      ? (data) => {
          const all = list(data);
          if (!isList(all)) throw notEmulated('SUM, MAX or MIN of anything but a list of metrics');
          return atEach(data.moments, (moment) => {
            const values = all.flatMap((series) => series.get(moment) ?? []);
            return values.length === 0 ? undefined : combine(values);
          });
        }
      : undefined;
}

/** What is missing on either side is missing in what it comes to. */
function applied(operate: Operator, left: Expression, right: Expression): Expression {
  return (data) => {
    const [one, other] = [left(data), right(data)];
    if (typeof one === 'number' && typeof other === 'number') return operate(one, other);
    const [ones, others] = [left, right].map((side) => seriesOf(side, data));
    return atEach(data.moments, (moment) => {
      const [a, b] = [ones?.get(moment), others?.get(moment)];
      return a === undefined || b === undefined ? undefined : operate(a, b);
    });
  };
}

function atEach(moments: readonly number[], valueAt: (moment: number) => number | undefined): Series {
  return new Map(
    moments.flatMap((moment): [number, number][] => {
      const value = valueAt(moment);
      // As a division by zero, which gives no data point.
      return value === undefined || !Number.isFinite(value) ? [] : [[moment, value]];
    }),
  );
}

function isList(value: Value): value is readonly Series[] {
  return Array.isArray(value);
}
