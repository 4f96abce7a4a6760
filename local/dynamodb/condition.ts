import db from 'dynalite/db/index.js';
import type { AttributeValue, ExpressionNode, ExpressionOperand, Item } from 'dynalite/types';

/**
 * Whether an item fulfils a parsed condition or filter expression
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html).
 *
 * dynalite's own evaluation is not used, because it compares maps and lists by identity and takes `false` and the empty
 * string for absent values.
 */
export function fulfils(item: Item, node: ExpressionNode): boolean {
  const child = (index: number) => fulfils(item, node.args[index] as ExpressionNode);
  switch (node.type) {
    case 'and':
      return child(0) && child(1);
    case 'or':
      return child(0) || child(1);
    case 'not':
      return !child(0);
    default: {
      const [first, ...others] = node.args.map((operand) => resolve(item, operand));
      return node.type === 'function' ? holds(node.name, first, others[0]) : compares(node.type, first, others);
    }
  }
}

function resolve(item: Item, operand: ExpressionOperand): AttributeValue | undefined {
  if (isPath(operand)) return db.mapPath(operand, item) ?? undefined;
  if (!isNode(operand)) return operand;
  // The grammar admits only size() as an operand.
  const size = sizeOf(resolve(item, operand.args[0] as ExpressionOperand));
  return size === undefined ? undefined : { N: String(size) };
}

function holds(name: string | undefined, value: AttributeValue | undefined, argument: AttributeValue | undefined): boolean {
  switch (name) {
    case 'attribute_exists':
      return value !== undefined;
    case 'attribute_not_exists':
      return value === undefined;
    case 'attribute_type':
      return value !== undefined && typeOf(value) === argument?.S;
    case 'begins_with':
      return value !== undefined && argument !== undefined && beginsWith(value, argument);
    case 'contains':
      return value !== undefined && argument !== undefined && contains(value, argument);
    default:
      throw new Error(`dynalite parsed a function "${name}" that is not evaluated here`);
  }
}

function compares(operator: string, left: AttributeValue | undefined, rights: readonly (AttributeValue | undefined)[]): boolean {
  const [right, upper] = rights;
  switch (operator) {
    case '=':
      return equal(left, right);
    case '<>':
      return !equal(left, right);
    case 'in':
      return rights.some((candidate) => equal(left, candidate));
    case 'between':
      return ordered(left, right, (order) => order >= 0) && ordered(left, upper, (order) => order <= 0);
    case '<':
      return ordered(left, right, (order) => order < 0);
    case '<=':
      return ordered(left, right, (order) => order <= 0);
    case '>':
      return ordered(left, right, (order) => order > 0);
    case '>=':
      return ordered(left, right, (order) => order >= 0);
    default:
      throw new Error(`dynalite parsed an operator "${operator}" that is not evaluated here`);
  }
}

/** Values of different types have no order, hence fulfil no comparison. */
function ordered(left: AttributeValue | undefined, right: AttributeValue | undefined, accepts: (order: number) => boolean): boolean {
  if (left === undefined || right === undefined || typeOf(left) !== typeOf(right)) return false;
  const [a, b] = [sortable(left), sortable(right)];
  return a !== undefined && b !== undefined && accepts(Buffer.compare(a, b));
}

function sortable(value: AttributeValue): Buffer | undefined {
  if (value.S !== undefined) return Buffer.from(value.S, 'utf8');
  if (value.B !== undefined) return Buffer.from(value.B, 'base64');
  return value.N === undefined ? undefined : Buffer.from(db.toLexiStr(value.N, 'N'), 'latin1');
}

function equal(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  return left !== undefined && right !== undefined && canonical(left) === canonical(right);
}

/** A text that is the same for equal values: numbers by magnitude, sets and maps in a fixed order. */
function canonical(value: AttributeValue): string {
  const type = typeOf(value);
  if (value.N !== undefined) return `N:${db.toLexiStr(value.N, 'N')}`;
  if (value.L) return `L:[${value.L.map(canonical).join()}]`;
  if (value.NS) return `NS:${JSON.stringify(value.NS.map((member) => db.toLexiStr(member, 'N')).sort())}`;
  if (value.SS ?? value.BS) return `${type}:${JSON.stringify([...(value.SS ?? value.BS ?? [])].sort())}`;
  if (value.M) {
    const entries = Object.entries(value.M).sort(([a], [b]) => (a < b ? -1 : 1));
    return `M:{${entries.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
  }
  return `${type}:${JSON.stringify(value.S ?? value.B ?? value.BOOL ?? value.NULL)}`;
}

function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S);
  if (value.B === undefined || prefix.B === undefined) return false;
  const start = Buffer.from(prefix.B, 'base64');
  return Buffer.from(value.B, 'base64').subarray(0, start.length).equals(start);
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined) return part.B !== undefined && Buffer.from(value.B, 'base64').includes(Buffer.from(part.B, 'base64'));
  const members: readonly AttributeValue[] =
    value.L ?? value.SS?.map((S) => ({ S })) ?? value.NS?.map((N) => ({ N })) ?? value.BS?.map((B) => ({ B })) ?? [];
  return members.some((member) => equal(member, part));
}

function sizeOf(value: AttributeValue | undefined): number | undefined {
  if (value?.S !== undefined) return value.S.length;
  if (value?.B !== undefined) return Buffer.from(value.B, 'base64').length;
  if (value?.M) return Object.keys(value.M).length;
  return (value?.L ?? value?.SS ?? value?.NS ?? value?.BS)?.length;
}

function typeOf(value: AttributeValue): string | undefined {
  return Object.keys(value)[0];
}

function isPath(operand: ExpressionOperand): operand is readonly (string | number)[] {
  return Array.isArray(operand);
}

function isNode(operand: ExpressionNode | AttributeValue): operand is ExpressionNode {
  return 'type' in operand;
}
