import { type App, Stack, Validations } from 'aws-cdk-lib';
import { CfnPolicy, CfnRole, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { IConstruct } from 'constructs';
import { statementsIn } from './template-policies.ts';

/**
 * Has every synthesis of the app checked against AWS's rules for solutions and for serverless applications. What breaks one fails it, unless
 * the construct that breaks it acknowledges that by the rule's id, with a reason.
 */
export function checkCompliance(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** Says why a construct, and what is within it, may break a rule: `AwsSolutions-S1`, `Serverless-LambdaDLQ`. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  const [pack] = rule.split('-');
  Validations.of(construct).acknowledge({ id: `${pack}::${rule}`, reason });
}

/** Actions that a policy allows on resources that end in the same wildcard, and why no narrower one will do. */
interface Wildcard {
  readonly actions: readonly string[];
  /** Of the resource: `/incoming/*`, or `*` for all of it. */
  readonly ending: string;
  readonly reason: string;
}

const WILDCARD_RULE = 'AwsSolutions-IAM5';
const explained = new WeakMap<IConstruct, Wildcard[]>();

/**
 * Says why a role's policies may hold a wildcard, for these actions only: a wildcard that serves another action besides stays a violation,
 * which the rule by itself could not tell.
 */
export function explainWildcard({ grantPrincipal }: IGrantable, wildcard: Wildcard): void {
  const role = grantPrincipal as unknown as IConstruct;
  const wildcards = explained.get(role);
  if (wildcards) {
    wildcards.push(wildcard);
    return;
  }
  const all = [wildcard];
  explained.set(role, all);
  // Not before the whole app is there, when the policies are complete and know how they name what is in other stacks.
  role.node.addValidation({
    validate: () => {
      for (const part of role.node.findAll()) acknowledgeExplained(part, all);
      return [];
    },
  });
}

function acknowledgeExplained(construct: IConstruct, wildcards: readonly Wildcard[]): void {
  for (const [resource, actions] of wildcardsOf(construct)) {
    const explanations = actions.map((action) =>
      wildcards.find((wildcard) => wildcard.actions.includes(action) && endsIn(resource, wildcard.ending)),
    );
    if (explanations.includes(undefined)) continue;
    const reasons = new Set(explanations.map((explanation) => explanation?.reason));
    acknowledge(construct, `${WILDCARD_RULE}[Resource::${resource}]`, [...reasons].join(' '));
  }
}

const endsIn = (resource: string, ending: string): boolean => (ending === '*' ? resource === '*' : resource.endsWith(ending));

/** What is allowed on each resource that holds a wildcard, the resource written as the rule writes it. */
function wildcardsOf(construct: IConstruct): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { Effect, Action, Resource } of documentsOf(construct).flatMap(statementsIn)) {
    if (Effect !== 'Allow') continue;
    for (const resource of [Resource].flat().map((value) => flattenCfnReference(value))) {
      if (resource.includes('*')) found.set(resource, [...(found.get(resource) ?? []), ...[Action].flat().map(String)]);
    }
  }
  return found;
}

function documentsOf(construct: IConstruct): unknown[] {
  if (construct instanceof CfnPolicy) return [Stack.of(construct).resolve(construct.policyDocument)];
  if (!(construct instanceof CfnRole)) return [];
  const policies = (Stack.of(construct).resolve(construct.policies) ?? []) as { policyDocument: unknown }[];
  return policies.map(({ policyDocument }) => Stack.of(construct).resolve(policyDocument));
}
