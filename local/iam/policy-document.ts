import { compileResource } from './arn-pattern.ts';
import { compileCondition } from './condition-block.ts';
import type { RequestContext } from './policy-context.ts';
import { compileNotPrincipal, compilePrincipal, type Principals } from './policy-principal.ts';
import { PolicyRefusal } from './policy-refusal.ts';
import { PolicyText } from './policy-text.ts';
import { ANY_CHARACTER, expressionSource } from './policy-wildcard.ts';

/** What a policy is attached to. Permissions boundaries are identity policies; a trust policy is that of a role. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

export type Effect = 'Allow' | 'Deny';

/** A policy, parsed once, whose statements then decide in microseconds. */
export interface Policy {
  readonly name: string;
  readonly kind: PolicyKind;
  /** As the template states it. */
  readonly document: PolicyDocument;
  readonly statements: readonly Statement[];
}

export interface PolicyDocument {
  readonly Version?: unknown;
  readonly Statement?: unknown;
}

export interface Statement {
  readonly sid: string | undefined;
  /** The position in the policy, from 0. */
  readonly index: number;
  readonly effect: Effect;
  /** Whom the statement names; undefined in an identity policy, which is about whoever has it. */
  readonly principals: Principals | undefined;
  /** Whether action, resource and conditions are those of a request. */
  readonly covers: (action: string, resource: string, context: RequestContext) => boolean;
}

type Elements = Readonly<Record<string, unknown>>;

/** How policies of a kind and version are read. */
interface Reading {
  readonly kind: PolicyKind;
  readonly variables: boolean;
}

const STATEMENT_ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
const ACTION = /^(\*|[a-z0-9-]+:[a-z0-9*?]+)$/i;

/**
 * Parses a policy document as a template states it, its intrinsic functions resolved
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). Throws a PolicyRefusal, which names the
 * policy, the statement and the element, for anything that is unknown, missing or contradictory.
 */
export function parsePolicy(name: string, document: unknown, kind: PolicyKind): Policy {
  return within(`Policy ${name}`, () => {
    const elements = objectOf(document, 'The document');
    refuseUnknown(elements, kind === 'identity' ? ['Version', 'Statement'] : ['Version', 'Id', 'Statement']);
    const version = elements['Version'] ?? '2008-10-17';
    if (version !== '2012-10-17' && version !== '2008-10-17') throw new PolicyRefusal(`Version ${JSON.stringify(version)} is unknown`);
    const reading = { kind, variables: version === '2012-10-17' };
    const statements = listOf(elements['Statement'], 'Statement').map((statement, index) => parseStatement(statement, index, reading));
    if (kind === 'identity') refuseRepeatedSids(statements);
    return { name, kind, document: elements, statements };
  });
}

function parseStatement(statement: unknown, index: number, reading: Reading): Statement {
  return within(`statement ${index + 1}`, () => {
    const elements = objectOf(statement, 'It');
    refuseUnknown(elements, STATEMENT_ELEMENTS);
    const effect = elements['Effect'];
    if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyRefusal('Effect must be "Allow" or "Deny"');
    const coversAction = parseActions(elements);
    const coversResource = parseResources(elements, reading);
    const condition = elements['Condition'] === undefined ? undefined : compileCondition(elements['Condition'], reading.variables);
    return {
      sid: parseSid(elements['Sid'], reading),
      index,
      effect,
      principals: parsePrincipals(elements, effect, reading),
      covers: (action, resource, context) => coversAction(action) && coversResource(resource, context) && (condition?.(context) ?? true),
    };
  });
}

function parseSid(sid: unknown, { kind }: Reading): string | undefined {
  if (sid === undefined) return undefined;
  if (typeof sid !== 'string') throw new PolicyRefusal('Sid is not text');
  if (kind === 'identity' && !/^[A-Za-z0-9]*$/.test(sid))
    throw new PolicyRefusal(`Sid "${sid}" has characters other than letters and digits`);
  return sid;
}

/** Names of services and actions are not case-sensitive; wildcards stand in names of actions only. */
function parseActions(elements: Elements): (action: string) => boolean {
  const element = oneOf(elements, 'Action', 'NotAction');
  if (!element) throw new PolicyRefusal('Action or NotAction is missing');
  const expressions = textsOf(elements[element], element).map((text) => {
    if (!ACTION.test(text)) throw new PolicyRefusal(`${element} "${text}" is not of the form service:Action`);
    const { fixed = [] } = new PolicyText(text, { wildcards: true, variables: false });
    return new RegExp(`^${expressionSource(fixed, ANY_CHARACTER)}$`, 'i');
  });
  const negated = element === 'NotAction';
  return (action) => expressions.some((expression) => expression.test(action)) !== negated;
}

/** The resource is the one that has the policy, if the policy of a resource does not say, and always in a trust policy. */
function parseResources(elements: Elements, { kind, variables }: Reading): (resource: string, context: RequestContext) => boolean {
  const element = oneOf(elements, 'Resource', 'NotResource');
  if (element && kind === 'trust') throw new PolicyRefusal(`${element} cannot stand in a trust policy`);
  if (!element && kind === 'identity') throw new PolicyRefusal('Resource or NotResource is missing');
  if (!element) return () => true;
  const tests = textsOf(elements[element], element).map((text) => compileResource(text, { variables, completesArns: kind === 'identity' }));
  const negated = element === 'NotResource';
  return (resource, context) => tests.some((test) => test(resource, context)) !== negated;
}

function parsePrincipals(elements: Elements, effect: Effect, { kind }: Reading): Principals | undefined {
  const element = oneOf(elements, 'Principal', 'NotPrincipal');
  if (element && kind === 'identity') throw new PolicyRefusal(`${element} cannot stand in an identity policy`);
  if (!element && kind !== 'identity') throw new PolicyRefusal('Principal or NotPrincipal is missing');
  if (!element) return undefined;
  return element === 'Principal' ? compilePrincipal(elements[element]) : compileNotPrincipal(elements[element], effect);
}

function refuseRepeatedSids(statements: readonly Statement[]): void {
  const sids = statements.flatMap(({ sid }) => (sid ? [sid] : []));
  const repeated = sids.find((sid, index) => sids.indexOf(sid) < index);
  if (repeated) throw new PolicyRefusal(`Sid "${repeated}" stands twice`);
}

function refuseUnknown(elements: Elements, known: readonly string[]): void {
  const unknown = Object.keys(elements).find((element) => !known.includes(element));
  if (unknown) throw new PolicyRefusal(`the element ${unknown} is unknown here`);
}

function oneOf(elements: Elements, positive: string, negative: string): string | undefined {
  const present = [positive, negative].filter((element) => elements[element] !== undefined);
  if (present.length > 1) throw new PolicyRefusal(`${positive} and ${negative} exclude each other`);
  return present[0];
}

function objectOf(value: unknown, what: string): Elements {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PolicyRefusal(`${what} is not an object`);
  return value as Elements;
}

function listOf(value: unknown, element: string): unknown[] {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new PolicyRefusal(`${element} is missing or empty`);
  return list;
}

function textsOf(value: unknown, element: string): string[] {
  return listOf(value, element).map((text) => {
    if (typeof text !== 'string') throw new PolicyRefusal(`${element} has a value that is not text: ${JSON.stringify(text)}`);
    return text;
  });
}

function within<T>(where: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof PolicyRefusal ? new PolicyRefusal(`${where}: ${error.message}`) : error;
  }
}
