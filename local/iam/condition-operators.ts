import { compileArnValue } from './arn-pattern.ts';
import { addressTest, binaryTest, booleanTest, dateTest, type FixedTest, numberTest } from './condition-values.ts';
import type { RequestContext } from './policy-context.ts';
import { PolicyRefusal } from './policy-refusal.ts';
import { compileText, PolicyText } from './policy-text.ts';
import { ANY_CHARACTER, expressionSource, wholeExpression } from './policy-wildcard.ts';

export type ValueTest = (actual: string, context: RequestContext) => boolean;

export interface ConditionOperator {
  /** Whether the condition holds where none of the policy's values is met, which includes the absence of the key. */
  readonly negated: boolean;
  /** Compiles one value of the policy. Throws a PolicyRefusal for a value that is not of the operator's type. */
  readonly compile: (wanted: string, variables: boolean) => ValueTest;
}

type Compile = ConditionOperator['compile'];

const stringEquals = equality((text) => text);
const stringEqualsIgnoreCase = equality((text) => text.toLowerCase());

/**
 * Every operator of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html but
 * `Null`, which looks at the key and not at its values.
 */
const OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', stringEquals),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', stringEqualsIgnoreCase),
  ...pair('StringLike', 'StringNotLike', stringLike),
  ...pair('ArnEquals', 'ArnNotEquals', compileArnValue),
  ...pair('ArnLike', 'ArnNotLike', compileArnValue),
  ...pair('NumericEquals', 'NumericNotEquals', withoutVariables(numberTest((actual, wanted) => actual === wanted))),
  ...pair('DateEquals', 'DateNotEquals', withoutVariables(dateTest((actual, wanted) => actual === wanted))),
  ...pair('IpAddress', 'NotIpAddress', withoutVariables(addressTest)),
  ...single('Bool', withoutVariables(booleanTest)),
  ...single('BinaryEquals', withoutVariables(binaryTest)),
  ...ordering('LessThan', (actual, wanted) => actual < wanted),
  ...ordering('LessThanEquals', (actual, wanted) => actual <= wanted),
  ...ordering('GreaterThan', (actual, wanted) => actual > wanted),
  ...ordering('GreaterThanEquals', (actual, wanted) => actual >= wanted),
]);

/** The operator of that exact name, without qualifier and `IfExists`. Throws a PolicyRefusal for a name that AWS does not have. */
export function operatorNamed(name: string): ConditionOperator {
  const operator = OPERATORS.get(name);
  if (!operator) throw new PolicyRefusal(`there is no condition operator "${name}"`);
  return operator;
}

function pair(positive: string, negative: string, compile: Compile): [string, ConditionOperator][] {
  return [
    [positive, { negated: false, compile }],
    [negative, { negated: true, compile }],
  ];
}

function single(name: string, compile: Compile): [string, ConditionOperator][] {
  return [[name, { negated: false, compile }]];
}

function ordering(name: string, compare: (actual: number, wanted: number) => boolean): [string, ConditionOperator][] {
  return [
    ...single(`Numeric${name}`, withoutVariables(numberTest(compare))),
    ...single(`Date${name}`, withoutVariables(dateTest(compare))),
  ];
}

function equality(normalize: (text: string) => string): Compile {
  return (wanted, variables) => {
    const text = compileText(new PolicyText(wanted, { wildcards: false, variables }), (pieces) =>
      normalize(pieces.map((piece) => ('literal' in piece ? piece.literal : piece.wildcard)).join('')),
    );
    return (actual, context) => normalize(actual) === text(context);
  };
}

function stringLike(wanted: string, variables: boolean): ValueTest {
  const expression = compileText(new PolicyText(wanted, { wildcards: true, variables }), (pieces) =>
    wholeExpression(expressionSource(pieces, ANY_CHARACTER)),
  );
  return (actual, context) => expression(context)?.test(actual) ?? false;
}

/** Numbers, dates, addresses and binary values take no policy variables; of Bool AWS's pages say both, so it takes none here. */
function withoutVariables(compile: (wanted: string) => FixedTest): Compile {
  return (wanted) => compile(wanted);
}
