import { BlockList, isIP } from 'node:net';

/** A value at the end of a path in an event. */
export type Leaf = string | number | boolean | null;
export type Test = (leaf: Leaf) => boolean;

/** A pattern that EventBridge would refuse when the rule is made. */
export class InvalidPattern extends Error {
  override readonly name = 'InvalidPattern';
}

const ORDERS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '=': (value, bound) => value === bound,
  '>=': (value, bound) => value >= bound,
  '>': (value, bound) => value > bound,
};

/**
 * The test that an operator stands for
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html). Throws InvalidPattern, which
 * names an operator that is unknown.
 */
export function compileOperator(operator: string, operand: unknown): Test {
  switch (operator) {
    case 'prefix':
      return affix(operator, operand, (text, start) => text.startsWith(start));
    case 'suffix':
      return affix(operator, operand, (text, end) => text.endsWith(end));
    case 'equals-ignore-case': {
      const wanted = text(operator, operand).toLowerCase();
      return onText((value) => value.toLowerCase() === wanted);
    }
    case 'wildcard':
      return wildcard(text(operator, operand));
    case 'anything-but':
      return anythingBut(operand);
    case 'numeric':
      return numeric(operand);
    case 'cidr':
      return cidr(text(operator, operand));
    default:
      throw new InvalidPattern(`Unrecognized match type ${operator}`);
  }
}

/** A prefix or suffix, which may be told to ignore case. */
function affix(operator: string, operand: unknown, matches: (text: string, part: string) => boolean): Test {
  if (isObject(operand)) {
    const [inner, part] = onlyEntry(operator, operand);
    if (inner !== 'equals-ignore-case') throw new InvalidPattern(`Unsupported ${operator} pattern: ${inner}`);
    const wanted = text(operator, part).toLowerCase();
    return onText((value) => matches(value.toLowerCase(), wanted));
  }
  const wanted = text(operator, operand);
  return onText((value) => matches(value, wanted));
}

/** Any text in place of each star; `\*` and `\\` stand for the characters themselves. */
function wildcard(pattern: string): Test {
  const pieces = pattern.match(/\\[*\\]|./gs) ?? [];
  if (pieces.some((piece, index) => piece === '*' && pieces[index + 1] === '*')) {
    throw new InvalidPattern(`Consecutive wildcard characters in ${pattern}`);
  }
  const source = pieces.map((piece) => (piece === '*' ? '.*' : literal(piece.length > 1 ? piece.slice(1) : piece)));
  const whole = new RegExp(`^${source.join('')}$`, 's');
  return onText((value) => whole.test(value));
}

function literal(character: string): string {
  return character.replace(/[\^$\\.*+?()[\]{}|/]/, '\\$&');
}

function anythingBut(operand: unknown): Test {
  if (isObject(operand)) {
    const [inner, parts] = onlyEntry('anything-but', operand);
    if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(inner)) {
      throw new InvalidPattern(`Unsupported anything-but pattern: ${inner}`);
    }
    const tests = nonEmptyList(parts).map((part) => compileOperator(inner, part));
    return (leaf) => typeof leaf === 'string' && !tests.some((test) => test(leaf));
  }
  const excluded = nonEmptyList(operand);
  if (!excluded.every((value) => ['string', 'number'].includes(typeof value))) {
    throw new InvalidPattern('Inside anything-but, only strings and numbers are allowed');
  }
  return (leaf) => !excluded.includes(leaf);
}

/** Comparisons that must all hold, such as `[">", 0, "<=", 5]`. */
function numeric(operand: unknown): Test {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0) {
    throw new InvalidPattern('Value of numeric must be a list of operators, each followed by a number');
  }
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const [operator, bound] = [operand[index] as unknown, operand[index + 1] as unknown];
    const holds = typeof operator === 'string' ? ORDERS[operator] : undefined;
    if (!holds) throw new InvalidPattern(`Unrecognized numeric range operator: ${String(operator)}`);
    if (typeof bound !== 'number') throw new InvalidPattern(`Value of ${String(operator)} must be numeric`);
    tests.push((value) => holds(value, bound));
  }
  return (leaf) => typeof leaf === 'number' && tests.every((test) => test(leaf));
}

function cidr(range: string): Test {
  const [network = '', bits = ''] = range.split('/');
  const version = isIP(network);
  const length = Number(bits);
  if (version === 0 || !/^\d+$/.test(bits) || length > (version === 4 ? 32 : 128)) throw new InvalidPattern(`Malformed CIDR ${range}`);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const addresses = new BlockList();
  addresses.addSubnet(network, length, family);
  return onText((value) => isIP(value) === version && addresses.check(value, family));
}

function onText(test: (value: string) => boolean): Test {
  return (leaf) => typeof leaf === 'string' && test(leaf);
}

function text(operator: string, operand: unknown): string {
  if (typeof operand === 'string' && operand !== '') return operand;
  throw new InvalidPattern(`${operator} match pattern must be a non-empty string`);
}

function nonEmptyList(operand: unknown): readonly unknown[] {
  const list = Array.isArray(operand) ? (operand as readonly unknown[]) : [operand];
  if (list.length === 0) throw new InvalidPattern('Empty list in anything-but');
  return list;
}

/** The single entry of an object such as `{"prefix": "a"}`. */
export function onlyEntry(where: string, object: object): [operator: string, operand: unknown] {
  const [entry, ...others] = Object.entries(object);
  if (!entry || others.length > 0) throw new InvalidPattern(`Only one key allowed in the match expression of ${where}`);
  return entry;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
