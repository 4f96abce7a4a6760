import { AwsError, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { Service } from '../platform/service.ts';
import { type AccessRequest, type Decision, missingStatement } from './decision.ts';
import { type Policy, parsePolicy } from './policy-document.ts';
import { decide } from './policy-evaluation.ts';
import type { Caller } from './policy-principal.ts';

export interface AuthorizerOptions {
  readonly region: string;
  /** A role's identity policies, by its ARN. */
  readonly identityPoliciesOf: (roleArn: string) => readonly Policy[];
  /** Told of each denial, with the statement that would have allowed it. */
  readonly report: (line: string) => void;
}

/** Decides whether a call may go ahead, by the policies of the synthesized templates. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #resourcePolicies = new WeakMap<object, Policy>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Throws what AWS answers when anything that the call needs is not allowed, and reports it. */
  async authorize(service: Service, operation: string, principal: Principal, request: RawRequest): Promise<void> {
    const permissions = await service.permissionsFor?.({ ...request, principal }, operation);
    if (!permissions) {
      if (principal.kind === 'role') throw notEmulated(`the permission that a role needs for ${operation}`);
      return;
    }
    for (const permission of permissions) this.#check(service, permission, permission.principal ?? principal, request);
  }

  #check(service: Service, { action, resource, context }: Permission, principal: Principal, { sourceIp }: RawRequest): void {
    const caller = callerOf(principal);
    const access: AccessRequest = { action, resource, principal: caller, context: { ...this.#contextOf(principal, sourceIp), ...context } };
    const resourcePolicy = this.#resourcePolicyOf(service, resource);
    const decision = decide(access, {
      identity: principal.kind === 'role' ? this.#options.identityPoliciesOf(principal.arn) : [],
      ...(resourcePolicy && { resource: resourcePolicy }),
    });
    if (!decision.allowed) this.#refuse(service, access, principal, decision);
  }

  #refuse(service: Service, access: AccessRequest, principal: Principal, decision: Exclude<Decision, { allowed: true }>): never {
    const who = 'arn' in principal ? principal.arn : principal.kind;
    const because =
      decision.reason === 'explicit-deny'
        ? `with an explicit deny in a ${decision.statement.policyType}`
        : `because no ${decision.missingIn} allows the ${access.action} action`;
    const message = `User: ${who} is not authorized to perform: ${access.action} on resource: ${access.resource} ${because}`;
    const remedy =
      decision.reason === 'explicit-deny'
        ? `Denied by ${decision.statement.policy}, statement ${decision.statement.sid ?? decision.statement.index + 1}.`
        : `Missing in its ${decision.missingIn}: ${JSON.stringify(missingStatement(access, decision.missingIn))}`;
    this.#options.report(`${message}\n  ${remedy}`);
    throw service.accessDenied?.(message) ?? new AwsError('AccessDeniedException', message, 403);
  }

  /** A laptop's loopback stands in for TLS: what demands it is about the network in between, which there is none of. */
  #contextOf(principal: Principal, sourceIp: string): Record<string, string> {
    return {
      'aws:SecureTransport': 'true',
      's3:TlsVersion': '1.3',
      'aws:SourceIp': sourceIp.replace(/^::ffff:/, ''),
      'aws:RequestedRegion': this.#options.region,
      'aws:CurrentTime': new Date().toISOString(),
      'aws:PrincipalAccount': LOCAL_ACCOUNT,
      ...('arn' in principal && { 'aws:PrincipalArn': principal.arn }),
    };
  }

  #resourcePolicyOf(service: Service, resource: string): Policy | undefined {
    const document = service.resourcePolicyOf?.(resource);
    if (!document) return undefined;
    const policy = this.#resourcePolicies.get(document) ?? parsePolicy(`the policy of ${resource}`, document, 'resource');
    this.#resourcePolicies.set(document, policy);
    return policy;
  }
}

/** The operator stands for an administrator: the account itself, which only an explicit deny stops. */
function callerOf(principal: Principal): Caller {
  switch (principal.kind) {
    case 'operator':
      return { kind: 'root', account: LOCAL_ACCOUNT };
    case 'role':
      return { kind: 'role', arn: principal.arn, account: LOCAL_ACCOUNT };
    case 'service':
      return { kind: 'service', name: principal.name };
    default:
      return { kind: 'anonymous' };
  }
}
