import { type ConditionOperator, operatorNamed, type ValueTest } from './condition-operators.ts';
import type { RequestContext } from './policy-context.ts';
import { PolicyRefusal } from './policy-refusal.ts';

export type Condition = (context: RequestContext) => boolean;

type Qualifier = 'ForAllValues' | 'ForAnyValue' | undefined;

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/**
 * Compiles a Condition element: operators and keys are joined by AND, the values of a key by OR, those of a negated operator
 * by NOR (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html).
 */
export function compileCondition(block: unknown, variables: boolean): Condition {
  const conditions = entriesOf(block, 'Condition').flatMap(([operator, keys]) =>
    entriesOf(keys, operator).map(([key, wanted]) => compileKey(operator, key, valuesOf(wanted, operator, key), variables)),
  );
  return (context) => conditions.every((condition) => condition(context));
}

function compileKey(operatorName: string, key: string, wanted: readonly string[], variables: boolean): Condition {
  const name = key.toLowerCase();
  try {
    if (operatorName === 'Null') return nullCondition(name, wanted);
    const [, qualifier, bareName = operatorName, ifExists] = OPERATOR.exec(operatorName) ?? [];
    if (bareName === 'Null') throw new PolicyRefusal('Null takes neither a qualifier nor IfExists');
    const operator = operatorNamed(bareName);
    const matches = anyOf(
      wanted.map((value) => operator.compile(value, variables)),
      operator,
    );
    const condition = qualified(qualifier as Qualifier, operator, name, matches);
    return ifExists ? (context) => context.values(name) === undefined || condition(context) : condition;
  } catch (error) {
    throw error instanceof PolicyRefusal ? new PolicyRefusal(`Condition ${operatorName} of ${key}: ${error.message}`) : error;
  }
}

function anyOf(tests: readonly ValueTest[], { negated }: ConditionOperator): ValueTest {
  return (actual, context) => tests.some((test) => test(actual, context)) !== negated;
}

/**
 * What an absent, empty or multivalued key does
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html): an
 * absent key and a null data set hold for ForAllValues and fail for ForAnyValue, also of negated operators. AWS leaves open
 * what an operator without qualifier makes of several values, so that is refused when it happens.
 */
function qualified(qualifier: Qualifier, { negated }: ConditionOperator, key: string, matches: ValueTest): Condition {
  switch (qualifier) {
    case 'ForAllValues':
      return (context) => {
        const values = context.values(key) ?? [];
        return isNull(values) || values.every((value) => matches(value, context));
      };
    case 'ForAnyValue':
      return (context) => {
        const values = context.values(key) ?? [];
        return !isNull(values) && values.some((value) => matches(value, context));
      };
    default:
      return (context) => {
        const [value, ...others] = context.values(key) ?? [];
        if (others.length > 0) {
          throw new PolicyRefusal(
            `A policy tests ${key} without ForAllValues or ForAnyValue, and the request has ${others.length + 1} values of it: AWS does not say what that means.`,
          );
        }
        return value === undefined ? negated : matches(value, context);
      };
  }
}

/** `Null` holds for "true" where the key is absent or its value is null, which AWS calls an empty string. */
function nullCondition(key: string, wanted: readonly string[]): Condition {
  const [value, ...others] = wanted;
  if (others.length > 0 || (value !== 'true' && value !== 'false')) throw new PolicyRefusal('Null takes "true" or "false"');
  return (context) => isNull(context.values(key) ?? []) === (value === 'true');
}

function isNull(values: readonly string[]): boolean {
  return values.every((value) => value === '');
}

function entriesOf(value: unknown, element: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PolicyRefusal(`${element} is not an object`);
  return Object.entries(value);
}

function valuesOf(wanted: unknown, operator: string, key: string): string[] {
  const values = Array.isArray(wanted) ? wanted : [wanted];
  if (values.length === 0) throw new PolicyRefusal(`Condition ${operator} of ${key} has no values`);
  return values.map((value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new PolicyRefusal(
        `Condition ${operator} of ${key} has a value that is neither text, number nor boolean: ${JSON.stringify(value)}`,
      );
    }
    return String(value);
  });
}
