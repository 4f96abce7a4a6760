import { isDeepStrictEqual } from 'node:util';
import { CfnElement, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A resource as its template will state it, overrides included. */
export interface TemplateResource {
  readonly construct: IConstruct;
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

type Statement = Readonly<Record<string, unknown>>;

/** Every resource of every stack within a construct. References between stacks must be settled, as they are in a validation. */
export function resourcesWithin(scope: IConstruct): TemplateResource[] {
  const elements = scope.node.findAll().filter((construct) => CfnElement.isCfnElement(construct));
  return elements.flatMap((construct) => {
    const { Resources } = recordOf(Stack.of(construct).resolve(construct._toCloudFormation()));
    return Object.entries(recordOf(Resources)).map(([id, resource]) => {
      const { Type, Properties } = recordOf(resource);
      return { construct, id, type: String(Type), properties: recordOf(Properties) };
    });
  });
}

/** What runs with a role: the resources of its stack of which a property is its ARN. */
export function usersOf(role: TemplateResource, resources: readonly TemplateResource[]): TemplateResource[] {
  const arn = { 'Fn::GetAtt': [role.id, 'Arn'] };
  return resources.filter(
    (resource) => inOneStack(role, resource) && Object.values(resource.properties).some((value) => isDeepStrictEqual(value, arn)),
  );
}

/** The roles that a policy is for; undefined in place of whatever is not a role of its stack. */
export function rolesOf(policy: TemplateResource, resources: readonly TemplateResource[]): (TemplateResource | undefined)[] {
  const { Roles, Users, Groups, RoleName } = policy.properties;
  const roleOf = (reference: unknown) =>
    resources.find((role) => role.type === 'AWS::IAM::Role' && inOneStack(role, policy) && isDeepStrictEqual(reference, { Ref: role.id }));
  if (policy.type === 'AWS::IAM::Role') return [policy];
  if (policy.type === 'AWS::IAM::RolePolicy') return [roleOf(RoleName)];
  if (policy.type === 'AWS::IAM::Policy') return [Roles, Users, Groups].flatMap(listOf).map(roleOf);
  return [undefined];
}

/** The statements of a resource's policies. A document that cannot be read has one that allows everything. */
export function statementsOf({ properties: { PolicyDocument, Policy, Policies } }: TemplateResource): Statement[] {
  const inline = listOf(Policies).map((policy) => recordOf(policy)['PolicyDocument']);
  return [...listOf(PolicyDocument), ...listOf(Policy), ...inline].flatMap(statementsIn);
}

/** Whether policies are attached that are written elsewhere. */
export function hasManagedPolicies({ properties }: TemplateResource): boolean {
  return listOf(properties['ManagedPolicyArns']).length > 0;
}

/** Whether nothing but one service can assume a role. */
export function trustsOnly({ properties }: TemplateResource, service: string): boolean {
  const trusting = statementsIn(properties['AssumeRolePolicyDocument']).filter(({ Effect }) => Effect !== 'Deny');
  return trusting.every(({ Principal }) => isDeepStrictEqual(Principal, { Service: service }));
}

/**
 * Whether a statement allows an action, on whatever resource and condition. When in doubt it does: an intrinsic may become any
 * action, and `NotAction` lets in whatever it does not name.
 */
export function allows({ Effect, Action, NotAction }: Statement, action: string): boolean {
  if (Effect === 'Deny') return false;
  return NotAction !== undefined || [Action].flat().some((pattern) => typeof pattern !== 'string' || matches(pattern, action));
}

/** IAM's wildcards: `*` is any text and `?` any character, colons among them. Case does not count. */
function matches(pattern: string, action: string): boolean {
  const source = pattern.replace(/\*+|[\\^$.+?()[\]{}|]/g, (special) => {
    if (special === '?') return '.';
    return special.startsWith('*') ? '.*' : `\\${special}`;
  });
  return new RegExp(`^${source}$`, 'is').test(action);
}

const inOneStack = (one: TemplateResource, other: TemplateResource): boolean => Stack.of(one.construct) === Stack.of(other.construct);

/** The statements of a policy document. */
export const statementsIn = (document: unknown): Statement[] => [recordOf(document)['Statement']].flat().map(recordOf);

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : [value].flat());

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
