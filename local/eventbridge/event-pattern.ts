import { compileOperator, InvalidPattern, isObject, type Leaf, onlyEntry, type Test } from './pattern-operators.ts';

/** Whether an event matches. */
export type Matcher = (event: object) => boolean;

/** Tests the value at a path; `root`, the whole event, is for what must be absent everywhere. */
type FieldMatcher = (value: unknown, root: object) => boolean;

/**
 * Compiles an event pattern (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html). Throws
 * InvalidPattern where EventBridge would refuse the rule.
 */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) throw new InvalidPattern('Filter is not an object, or is empty');
  const matches = compileObject(pattern, []);
  return (event) => matches(event, event);
}

/** Every field must match. In a list of objects one object must match them all. */
function compileObject(pattern: Readonly<Record<string, unknown>>, path: readonly string[]): FieldMatcher {
  const fields = Object.entries(pattern).map(([name, inner]): FieldMatcher => {
    if (name === '$or' && isAlternatives(inner)) return compileOr(inner, path);
    const matches = compileField(name, inner, [...path, name]);
    return (value, root) => matches((value as Readonly<Record<string, unknown>>)[name], root);
  });
  return (value, root) => {
    const objects = itself(value).filter(isObject);
    // Without an object there is still something to ask: what must not exist does not.
    return (objects.length > 0 ? objects : [{}]).some((candidate) => fields.every((matches) => matches(candidate, root)));
  };
}

function compileField(name: string, inner: unknown, path: readonly string[]): FieldMatcher {
  if (isObject(inner)) {
    if (Object.keys(inner).length === 0) throw new InvalidPattern(`Empty objects are not allowed: "${name}"`);
    return compileObject(inner, path);
  }
  if (!Array.isArray(inner)) throw new InvalidPattern(`"${name}" must be an object or an array`);
  if (inner.length === 0) throw new InvalidPattern(`Empty arrays are not allowed: "${name}"`);
  const alternatives = inner.map((rule: unknown) => compileRule(name, rule, path));
  return (value, root) => alternatives.some((matches) => matches(value, root));
}

/** EventBridge takes `$or` for a field's name unless its value is a list of at least two objects. */
function isAlternatives(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return (
    Array.isArray(value) && value.length >= 2 && value.every((alternative) => isObject(alternative) && Object.keys(alternative).length > 0)
  );
}

function compileOr(alternatives: readonly Readonly<Record<string, unknown>>[], path: readonly string[]): FieldMatcher {
  const compiled = alternatives.map((alternative) => compileObject(alternative, path));
  return (value, root) => compiled.some((matches) => matches(value, root));
}

/** One entry of a field's list: a value, or an operator. A list in the event matches if one of its values does. */
function compileRule(name: string, rule: unknown, path: readonly string[]): FieldMatcher {
  if (!isObject(rule)) {
    if (Array.isArray(rule)) throw new InvalidPattern(`Arrays are not allowed within the list of "${name}"`);
    return anyLeaf((leaf) => leaf === rule);
  }
  const [operator, operand] = onlyEntry(name, rule);
  if (operator !== 'exists') return anyLeaf(compileOperator(operator, operand));
  if (typeof operand !== 'boolean') throw new InvalidPattern('exists match pattern must be either true or false');
  return operand ? anyLeaf(() => true) : (_value, root) => leavesAt(root, path).length === 0;
}

function anyLeaf(test: Test): FieldMatcher {
  return (value) => leavesOf(value).some(test);
}

function leavesAt(root: object, path: readonly string[]): readonly Leaf[] {
  let values: readonly unknown[] = [root];
  for (const name of path) values = values.flatMap(itself).map((value) => (isObject(value) ? value[name] : undefined));
  return values.flatMap(leavesOf);
}

function leavesOf(value: unknown): readonly Leaf[] {
  return itself(value).filter((leaf): leaf is Leaf => leaf === null || ['string', 'number', 'boolean'].includes(typeof leaf));
}

/** The value, or the values of a list, however deep. */
function itself(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(itself) : [value];
}
