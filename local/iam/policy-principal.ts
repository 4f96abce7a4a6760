import { PolicyRefusal } from './policy-refusal.ts';

/** Who makes a request. A service acts in its own name, by its service principal. */
export type Caller =
  | { readonly kind: 'role'; readonly arn: string; readonly account: string; readonly sessionArn?: string }
  | { readonly kind: 'user'; readonly arn: string; readonly account: string }
  | { readonly kind: 'root'; readonly account: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'anonymous' };

/**
 * By what a resource-based policy names a caller: itself (or everyone), its role, or its account. An Allow to the caller needs
 * nothing else; one to its role is limited by a permissions boundary; one to its account leaves the decision to the account's
 * own policies (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
 */
export type Naming = 'caller' | 'role' | 'account';

/** How a statement's principals name a caller; undefined where they do not. */
export type Principals = (caller: Caller) => Naming | undefined;

/** The values of a Principal element. Nobody here is federated or a canonical user, so those name nobody. */
interface Named {
  readonly everyone: boolean;
  readonly arns: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

const ACCOUNT = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/;
const IDENTITY = /^arn:aws:(?:iam::\d{12}:(?:user|role)|sts::\d{12}:(?:assumed-role|federated-user))\/[^*?]+$/;
const SESSION = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//;

/** Compiles a Principal element. */
export function compilePrincipal(element: unknown): Principals {
  const named = parsePrincipals(element, 'Principal');
  return (caller) => namingOf(named, caller);
}

/**
 * Compiles a NotPrincipal element. That of a Deny exempts a caller only if the account is named beside the user or role, and
 * the role beside a session: AWS "might" deny otherwise, which is refused here rather than guessed
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
 */
export function compileNotPrincipal(element: unknown, effect: 'Allow' | 'Deny'): Principals {
  const named = parsePrincipals(element, 'NotPrincipal');
  if (named.everyone) throw new PolicyRefusal('NotPrincipal "*" leaves nobody');
  if (effect === 'Allow') return (caller) => (namingOf(named, caller) ? undefined : 'caller');
  refuseIncompleteChains(named);
  return (caller) => (isExempt(named, caller) ? undefined : 'caller');
}

function parsePrincipals(element: unknown, elementName: string): Named {
  const arns = new Set<string>();
  const accounts = new Set<string>();
  const services = new Set<string>();
  let everyone = element === '*';
  for (const [type, id] of everyone ? [] : principalIds(element, elementName)) {
    if (type === 'Federated' || type === 'CanonicalUser') continue;
    if (type === 'Service') {
      if (/[*?]/.test(id)) throw new PolicyRefusal(`${elementName} has a wildcard in the service "${id}"`);
      services.add(id);
      continue;
    }
    const account = ACCOUNT.exec(id)?.[1];
    if (id === '*') everyone = true;
    else if (account) accounts.add(account);
    else if (IDENTITY.test(id)) arns.add(id);
    else throw new PolicyRefusal(`${elementName} has "${id}", which names no account, user, role or session`);
  }
  return { everyone, arns, accounts, services };
}

function* principalIds(element: unknown, elementName: string): Generator<[string, string]> {
  if (typeof element !== 'object' || element === null || Array.isArray(element) || Object.keys(element).length === 0) {
    throw new PolicyRefusal(`${elementName} is neither "*" nor an object of principals`);
  }
  for (const [type, value] of Object.entries(element)) {
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type))
      throw new PolicyRefusal(`${elementName} has an unknown type ${type}`);
    const ids = Array.isArray(value) ? value : [value];
    if (ids.length === 0) throw new PolicyRefusal(`${elementName} ${type} is empty`);
    for (const id of ids) {
      if (typeof id !== 'string') throw new PolicyRefusal(`${elementName} ${type} has a value that is not text: ${JSON.stringify(id)}`);
      yield [type, id];
    }
  }
}

function namingOf({ everyone, arns, accounts, services }: Named, caller: Caller): Naming | undefined {
  if (everyone) return 'caller';
  switch (caller.kind) {
    case 'anonymous':
      return undefined;
    case 'service':
      return services.has(caller.name) ? 'caller' : undefined;
    case 'root':
      return accounts.has(caller.account) ? 'caller' : undefined;
    case 'user':
      if (arns.has(caller.arn)) return 'caller';
      break;
    case 'role':
      if (caller.sessionArn && arns.has(caller.sessionArn)) return 'caller';
      if (arns.has(caller.arn)) return 'role';
  }
  return accounts.has(caller.account) ? 'account' : undefined;
}

function isExempt(named: Named, caller: Caller): boolean {
  if (caller.kind !== 'role') return namingOf(named, caller) === 'caller';
  if (!named.arns.has(caller.arn)) return false;
  const sessions = [...named.arns].filter((arn) => SESSION.test(arn) && roleOfSession(named, arn) === caller.arn);
  return sessions.length === 0 || (caller.sessionArn !== undefined && sessions.includes(caller.sessionArn));
}

function refuseIncompleteChains(named: Named): void {
  for (const arn of named.arns) {
    const account = arn.split(':')[4] ?? '';
    if (!named.accounts.has(account)) {
      throw new PolicyRefusal(`NotPrincipal of a Deny names "${arn}" without its account, which AWS might then deny as a whole`);
    }
    if (SESSION.test(arn) && !roleOfSession(named, arn)) {
      throw new PolicyRefusal(`NotPrincipal of a Deny names the session "${arn}" without its role, which AWS might then deny`);
    }
  }
}

/** The role that is named beside a session. A session's ARN has the role's name without its path. */
function roleOfSession({ arns }: Named, sessionArn: string): string | undefined {
  const [, account, name] = SESSION.exec(sessionArn) ?? [];
  return [...arns].find((arn) => arn.startsWith(`arn:aws:iam::${account}:role/`) && arn.endsWith(`/${name}`));
}
