import type { RequestContext } from './policy-context.ts';
import { PolicyRefusal } from './policy-refusal.ts';
import { compileText, type FixedPiece, PolicyText } from './policy-text.ts';
import { ANY_CHARACTER, expressionSource, WITHIN_COMPONENT, wholeExpression } from './policy-wildcard.ts';

/** `arn`, partition, service, region, account, and the resource with any colons of its own. */
const ARN_COMPONENTS = 6;
const NAMES_OF_COMPONENTS = ['prefix', 'partition', 'service', 'region', 'account', 'resource'];

export type ArnTest = (arn: string, context: RequestContext) => boolean;

export interface ResourceRules {
  readonly variables: boolean;
  /** Whether missing components stand for any, which AWS documents for identity-based policies only. */
  readonly completesArns: boolean;
}

/**
 * Compiles an entry of Resource or NotResource
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html). A `*` that ends a component also matches colons; one
 * inside a component stays within it, where the resource counts as one component. Throws a PolicyRefusal for wildcards and
 * variables where AWS does not take them.
 */
export function compileResource(text: string, { variables, completesArns }: ResourceRules): ArnTest {
  if (text === '*') return () => true;
  const [prefix, ...others] = splitComponents(text);
  if (prefix !== 'arn' || others.length < 2) throw new PolicyRefusal(`the resource "${text}" must be an ARN or "*"`);
  const missing = ARN_COMPONENTS - 1 - others.length;
  if (missing > 0 && !completesArns) throw new PolicyRefusal(`the ARN "${text}" has fewer than ${ARN_COMPONENTS} components`);
  const resource = missing > 0 ? '*' : (others.pop() ?? '');
  const front = [...others, ...Array<string>(Math.max(missing - 1, 0)).fill('*')];
  for (const [index, component] of front.entries()) {
    const name = NAMES_OF_COMPONENTS[index + 1];
    if (variables && component.includes('${')) throw new PolicyRefusal(`the ARN "${text}" has a policy variable in its ${name}`);
    if (index < 2 && /[*?]/.test(component)) throw new PolicyRefusal(`the ARN "${text}" has a wildcard in its ${name}`);
  }
  const frontSource = front.map((component) => frontExpression(component)).join(':');
  const test = compileText(new PolicyText(resource, { wildcards: true, variables }), (pieces) =>
    wholeExpression(`arn:${frontSource}:${expressionSource(pieces, ANY_CHARACTER)}`),
  );
  return (arn, context) => test(context)?.test(arn) ?? false;
}

/**
 * Compiles a value of the ARN condition operators, which check each of the six components separately
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN).
 */
export function compileArnValue(text: string, variables: boolean): ArnTest {
  const parsed = new PolicyText(text, { wildcards: true, variables });
  if (parsed.fixed && !text.startsWith('arn:')) throw new PolicyRefusal(`"${text}" is not an ARN`);
  if (parsed.fixed && splitComponents(text).length < ARN_COMPONENTS) {
    throw new PolicyRefusal(`the ARN "${text}" has fewer than ${ARN_COMPONENTS} components`);
  }
  const test = compileText(parsed, (pieces) => {
    const components = splitPieces(pieces);
    if (components.length < ARN_COMPONENTS) return undefined;
    const sources = components.map((component, index) =>
      expressionSource(component, index < ARN_COMPONENTS - 1 ? WITHIN_COMPONENT : ANY_CHARACTER),
    );
    return wholeExpression(sources.join(':'));
  });
  return (arn, context) => test(context)?.test(arn) ?? false;
}

function frontExpression(component: string): string {
  const { fixed = [] } = new PolicyText(component, { wildcards: true, variables: false });
  const last = fixed.at(-1);
  if (!last || !('wildcard' in last) || last.wildcard !== '*') return expressionSource(fixed, WITHIN_COMPONENT);
  return expressionSource(fixed.slice(0, -1), WITHIN_COMPONENT) + ANY_CHARACTER.many;
}

/** The components of an ARN; colons after the fifth belong to the resource. */
function splitComponents(text: string): string[] {
  const parts = text.split(':');
  const resource = parts.slice(ARN_COMPONENTS - 1);
  return resource.length > 0 ? [...parts.slice(0, ARN_COMPONENTS - 1), resource.join(':')] : parts;
}

function splitPieces(pieces: readonly FixedPiece[]): FixedPiece[][] {
  const components: FixedPiece[][] = [[]];
  for (const piece of pieces) {
    const [first, ...others] = 'literal' in piece ? piece.literal.split(':').map((literal) => ({ literal })) : [piece];
    if (first) components.at(-1)?.push(first);
    components.push(...others.map((other) => [other]));
  }
  return components;
}
