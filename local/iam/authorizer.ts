import type { AccessControl } from '../platform/access-control.ts';
import { AwsError, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { Service } from '../platform/service.ts';
import { requestKeys } from './condition-keys.ts';
import { type AccessRequest, type Decision, missingStatement } from './decision.ts';
import { type Grant, Grants, type HeldPolicy } from './grants.ts';
import type { IamService } from './iam.service.ts';
import { type Policy, parsePolicy } from './policy-document.ts';
import { decide } from './policy-evaluation.ts';
import type { Caller } from './policy-principal.ts';
import { reviewPolicy } from './policy-review.ts';

export interface AuthorizerOptions {
  readonly region: string;
  readonly clock: Clock;
  readonly iam: IamService;
  /** Told of each denial, with the statement that would have allowed it. */
  readonly report: (line: string) => void;
}

type Denial = Exclude<Decision, { allowed: true }>;

/** Decides whether a call may go ahead, by the policies of the synthesized templates. */
export class Authorizer implements AccessControl {
  readonly #options: AuthorizerOptions;
  readonly #services: Service[] = [];
  readonly #resourcePolicies = new WeakMap<object, Policy>();
  readonly #grants = new Grants();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Makes the policies of these services' resources count, and their refusals be worded as they do. */
  register(...services: Service[]): void {
    this.#services.push(...services);
  }

  /**
   * Holds every policy that there is against what AWS knows, and measures from the first call on which of their grants are used.
   * Throws a PolicyRefusal for a policy that could not be decided as AWS would.
   */
  async review(): Promise<void> {
    const held: HeldPolicy[] = this.#options.iam.policies();
    for (const service of this.#services) {
      for (const [resource, document] of service.resourcePolicies?.() ?? []) {
        held.push({ policy: this.#parsed(resource, document), resource });
      }
    }
    await Promise.all(held.map(({ policy }) => reviewPolicy(policy)));
    await this.#grants.open(held);
  }

  /** What the policies allow, one action and one resource at a time, and whether it was used. */
  grants(): Grant[] {
    return this.#grants.list();
  }

  /** Throws what AWS answers when anything that a call needs is not allowed, and reports it. */
  async authorize(service: Service, operation: string, principal: Principal, request: RawRequest): Promise<void> {
    const permissions = await service.permissionsFor?.({ ...request, principal }, operation);
    if (!permissions) {
      if (principal.kind === 'role') throw notEmulated(`the permission that a role needs for ${operation}`);
      return;
    }
    for (const permission of permissions) this.#check(service, permission, permission.principal ?? principal, request.sourceIp);
  }

  require(principal: Principal, permission: Permission): void {
    const signingName = permission.action.split(':')[0] ?? '';
    const service = this.#services.find(({ signingNames }) => signingNames.includes(signingName));
    this.#check(service, permission, permission.principal ?? principal);
  }

  #check(service: Service | undefined, { action, resource, context }: Permission, principal: Principal, sourceIp?: string): void {
    const { region, clock, iam } = this.#options;
    const keys = { ...requestKeys(principal, { region, nowMs: clock.now(), sourceIp }), ...context };
    const access: AccessRequest = { action, resource, principal: callerOf(principal), context: keys };
    const document = service?.resourcePolicyOf?.(resource);
    const resourcePolicy = document && this.#parsed(resource, document);
    const identity = principal.kind === 'role' ? iam.policiesOf(principal.arn) : [];
    const decision = decide(access, {
      identity,
      ...(resourcePolicy && { resource: resourcePolicy }),
      resourcePolicyMustAllow: service?.resourcePolicyMustAllow ?? false,
    });
    if (!decision.allowed) this.#refuse(service, access, principal, decision);
    this.#grants.note(access, resourcePolicy ? [...identity, resourcePolicy] : identity);
  }

  #refuse(service: Service | undefined, access: AccessRequest, principal: Principal, decision: Denial): never {
    const because =
      decision.reason === 'explicit-deny'
        ? `with an explicit deny in a ${decision.statement.policyType}`
        : `because no ${decision.missingIn} allows the ${access.action} action`;
    const message = `User: ${nameOf(principal)} is not authorized to perform: ${access.action} on resource: ${access.resource} ${because}`;
    const remedy =
      decision.reason === 'explicit-deny'
        ? `Denied by ${decision.statement.policy}, statement ${decision.statement.sid ?? decision.statement.index + 1}.`
        : `Missing in ${missingPlace(access, principal, decision)}: ${JSON.stringify(missingStatement(access, decision.missingIn))}`;
    this.#options.report(`${message}\n  ${remedy}`);
    throw service?.accessDenied?.(message) ?? new AwsError('AccessDeniedException', message, 403);
  }

  #parsed(resource: string, document: object): Policy {
    const policy = this.#resourcePolicies.get(document) ?? parsePolicy(`of ${resource}`, document, kindOf(resource));
    this.#resourcePolicies.set(document, policy);
    return policy;
  }
}

/** The policy of a role says who may assume it, and follows rules of its own. */
function kindOf(resource: string): 'trust' | 'resource' {
  return resource.startsWith('arn:aws:iam::') ? 'trust' : 'resource';
}

function missingPlace({ resource }: AccessRequest, principal: Principal, { missingIn }: Denial & { reason: 'implicit-deny' }): string {
  return missingIn === 'resource-based policy'
    ? `the policy of ${resource}`
    : `a policy of ${'arn' in principal ? principal.arn : nameOf(principal)}`;
}

/** As AWS names a caller in its refusals: a role by its session. */
function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return sessionArnOf(principal);
    case 'operator':
      return principal.arn;
    case 'service':
      return `${principal.name} (for ${principal.sourceArn})`;
    default:
      return principal.kind;
  }
}

/** A session's ARN has the role's name without its path. */
function sessionArnOf({ arn, sessionName }: { readonly arn: string; readonly sessionName: string }): string {
  return `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${arn.split('/').at(-1)}/${sessionName}`;
}

/** The operator stands for an administrator: the account itself, which only an explicit deny stops. */
function callerOf(principal: Principal): Caller {
  switch (principal.kind) {
    case 'operator':
      return { kind: 'root', account: LOCAL_ACCOUNT };
    case 'role':
      return { kind: 'role', arn: principal.arn, account: LOCAL_ACCOUNT, sessionArn: sessionArnOf(principal) };
    case 'service':
      return { kind: 'service', name: principal.name };
    default:
      return { kind: 'anonymous' };
  }
}
