import type { ContextKeys } from './policy-context.ts';
import type { Caller } from './policy-principal.ts';
import { escapeText } from './policy-text.ts';

/** What a principal asks to do. */
export interface AccessRequest {
  /** Such as `dynamodb:UpdateItem`. */
  readonly action: string;
  /** An ARN, or `*` for an action without resource types. */
  readonly resource: string;
  readonly context: ContextKeys;
  readonly principal: Caller;
}

export type PolicyType = 'identity-based policy' | 'permissions boundary' | 'resource-based policy';

/** The statement that decided. */
export interface DecidingStatement {
  readonly policyType: PolicyType;
  readonly policy: string;
  readonly sid: string | undefined;
  /** The position in the policy, from 0. */
  readonly index: number;
}

export type Decision =
  /** No statement decides for an account's root user, who may do everything that is not denied. */
  | { readonly allowed: true; readonly reason: 'allowed'; readonly statement?: DecidingStatement }
  | { readonly allowed: false; readonly reason: 'explicit-deny'; readonly statement: DecidingStatement }
  /** No statement allows it in policies of that type, which had to. */
  | { readonly allowed: false; readonly reason: 'implicit-deny'; readonly missingIn: PolicyType };

/** A statement as it would stand in a policy of version 2012-10-17. */
export interface StatementDocument {
  readonly Effect: 'Allow';
  readonly Principal?: '*' | { readonly AWS: string } | { readonly Service: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The smallest statement that lets the request pass in policies of that type. A service is let in for the one source on whose
 * behalf it calls, where the request tells it, against the confused deputy
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
 */
export function missingStatement({ action, resource, context, principal }: AccessRequest, policyType: PolicyType): StatementDocument {
  const permission = { Action: action, Resource: resource === '*' ? '*' : escapeText(resource) };
  if (policyType !== 'resource-based policy') return { Effect: 'Allow', ...permission };
  const condition = principal.kind === 'service' ? sourceCondition(context) : undefined;
  return { Effect: 'Allow', Principal: principalOf(principal), ...permission, ...(condition && { Condition: condition }) };
}

function principalOf(caller: Caller): NonNullable<StatementDocument['Principal']> {
  switch (caller.kind) {
    case 'anonymous':
      return '*';
    case 'service':
      return { Service: caller.name };
    case 'root':
      return { AWS: `arn:aws:iam::${caller.account}:root` };
    default:
      return { AWS: caller.arn };
  }
}

function sourceCondition(context: ContextKeys): StatementDocument['Condition'] | undefined {
  for (const [operator, key] of [
    ['ArnEquals', 'aws:SourceArn'],
    ['StringEquals', 'aws:SourceAccount'],
  ] as const) {
    const [, value] = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase()) ?? [];
    if (typeof value === 'string') return { [operator]: { [key]: escapeText(value) } };
  }
  return undefined;
}
