import type { AccessRequest } from './decision.ts';
import { RequestContext } from './policy-context.ts';
import { type Policy, parsePolicy, type Statement } from './policy-document.ts';
import { actionsMatching, type StatementElements, statementsOf, textsOf } from './policy-review.ts';

/** One action that a policy allows its holder on one resource, and whether that was ever made use of. */
export interface Grant {
  /** A role's construct, or the principal that a resource's policy names. */
  readonly holder: string;
  readonly action: string;
  /** As the policy states it. */
  readonly resource: string;
  /** As JSON, where there is one. */
  readonly condition?: string;
  readonly used: boolean;
}

/** A policy with whoever has it: a role, or the resource whose policy it is. */
export interface HeldPolicy {
  readonly policy: Policy;
  /** A role's construct; absent for a resource's policy, which says itself whom it allows. */
  readonly holder?: string;
  /** The resource whose policy it is, which its statements need not name. */
  readonly resource?: string;
}

const ACCOUNT = /^(arn:aws:iam::)?\d{12}(:root)?$/;

interface CompiledGrant extends Omit<Grant, 'used'> {
  used: boolean;
  readonly statement: Statement;
}

interface Use {
  readonly request: AccessRequest;
  readonly policies: readonly Policy[];
}

/**
 * Measures least privilege: what the policies of the templates allow, one action and one resource at a time, and what of it
 * was used. What explicit denies take away is not part of it.
 */
export class Grants {
  #byPolicy: ReadonlyMap<Policy, readonly CompiledGrant[]> | undefined;
  #usedEarlier: Use[] = [];

  /** Takes the policies apart; wildcards in actions are expanded to the actions that AWS has. */
  async open(held: readonly HeldPolicy[]): Promise<void> {
    const grants = await Promise.all(held.map(async (one) => [one.policy, await grantsOf(one)] as const));
    this.#byPolicy = new Map(grants);
    for (const use of this.#usedEarlier) this.note(use.request, use.policies);
    this.#usedEarlier = [];
  }

  /** Takes note of a request that was allowed, while these policies applied to it. */
  note(request: AccessRequest, policies: readonly Policy[]): void {
    if (!this.#byPolicy) {
      this.#usedEarlier.push({ request, policies });
      return;
    }
    for (const policy of policies) {
      for (const grant of this.#byPolicy.get(policy) ?? []) grant.used ||= isOf(grant, request);
    }
  }

  list(): Grant[] {
    return [...(this.#byPolicy?.values() ?? [])].flat().map(({ statement, ...grant }) => grant);
  }
}

async function grantsOf(held: HeldPolicy): Promise<CompiledGrant[]> {
  const statements = statementsOf(held.policy.document)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(byPrincipal);
  return (await Promise.all(statements.map((statement) => grantsOfStatement(statement, held)))).flat();
}

/**
 * A statement for each principal that it names, since each has a grant of its own. An account has none: what is left to the account, as a
 * key's policy leaves it, its roles have by policies of theirs.
 */
function byPrincipal(statement: StatementElements): StatementElements[] {
  const { Principal } = statement;
  if (typeof Principal !== 'object' || Principal === null) return [statement];
  return Object.entries(Principal).flatMap(([type, values]) =>
    textsOf(values)
      .filter((value) => !ACCOUNT.test(value))
      .map((value) => ({ ...statement, Principal: { [type]: value } })),
  );
}

async function grantsOfStatement(
  statement: StatementElements,
  { policy, holder, resource: own = '*' }: HeldPolicy,
): Promise<CompiledGrant[]> {
  const { Action, Resource, Condition, Principal } = statement;
  const { NotAction, NotResource, ...rest } = statement;
  if (NotAction ?? NotResource) throw new Error(`Policy ${policy.name}: what NotAction and NotResource allow is not measured.`);
  const actions = (await Promise.all(textsOf(Action).map(actionsMatching))).flat();
  const resources = Resource === undefined ? [undefined] : textsOf(Resource);
  return actions.flatMap((action) =>
    resources.flatMap((resource) => {
      const single = { ...rest, Action: action, ...(resource !== undefined && { Resource: resource }) };
      const { statements } = parsePolicy(policy.name, { ...policy.document, Statement: single }, policy.kind);
      return statements.map((parsed) => ({
        holder: holder ?? describePrincipal(Principal),
        action,
        resource: resource ?? own,
        ...(Condition !== undefined && { condition: JSON.stringify(Condition) }),
        used: false,
        statement: parsed,
      }));
    }),
  );
}

function isOf({ action, statement: { principals, covers } }: CompiledGrant, request: AccessRequest): boolean {
  // Most grants are of another action, which is cheaply told.
  if (action !== '*' && action.toLowerCase() !== request.action.toLowerCase()) return false;
  const named = principals === undefined || principals(request.principal) !== undefined;
  return named && covers(request.action, request.resource, new RequestContext(request.context));
}

function describePrincipal(principal: unknown): string {
  const values = typeof principal === 'object' && principal !== null ? Object.values(principal).flat() : [principal];
  return values.join(', ');
}
