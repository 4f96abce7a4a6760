import { AwsError, type AwsReply, notEmulated } from '../platform/call.ts';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import type { HeldPolicy } from './grants.ts';
import { type Policy, parsePolicy } from './policy-document.ts';

/** IAM's limit for a role's name. */
const MAX_ROLE_NAME_CHARACTERS = 64;

interface Role {
  /** The construct that it is. */
  readonly path: string;
  readonly trust: object;
  readonly policies: Policy[];
}

/** Roles, their policies and who may assume them, as the templates state it. A policy is parsed when it is created, or refused. */
export class IamService implements Service {
  readonly signingNames = ['iam', 'sts'];
  readonly #roles = new Map<string, Role>();

  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::IAM::Role',
      honours: ['RoleName', 'Path', 'AssumeRolePolicyDocument', 'Policies'],
      inert: {
        Description: 'is read by people',
        MaxSessionDuration: 'sessions last as long as the runtime',
        Tags: 'are read by people',
      },
      create: async ({ logicalId, stackName, properties, path }) => {
        const name = String(properties['RoleName'] ?? generatedName(stackName, logicalId, MAX_ROLE_NAME_CHARACTERS));
        const managed = (properties['ManagedPolicyArns'] ?? []) as string[];
        if (managed.length > 0) throw new Error(`what ${managed.join(', ')} allow is not known to the local runtime`);
        if (properties['PermissionsBoundary']) throw new Error('a permissions boundary is not honoured by the local runtime');
        const arn = `arn:aws:iam::${LOCAL_ACCOUNT}:role${properties['Path'] ?? '/'}${name}`;
        const trust = properties['AssumeRolePolicyDocument'] as object;
        parsePolicy(`of who may assume ${name}`, trust, 'trust');
        const inline = (properties['Policies'] ?? []) as { PolicyName: string; PolicyDocument: object }[];
        const policies = inline.map(({ PolicyName, PolicyDocument }) => parsePolicy(PolicyName, PolicyDocument, 'identity'));
        this.#roles.set(arn, { path: path.replace(/\/Resource$/, ''), trust, policies });
        return { ref: name, attributes: { Arn: arn, RoleId: `AROA${name.slice(-12).toUpperCase()}` } };
      },
    },
    {
      type: 'AWS::IAM::Policy',
      honours: ['PolicyName', 'PolicyDocument', 'Roles'],
      create: async ({ properties }) => {
        const name = String(properties['PolicyName']);
        const policy = parsePolicy(name, properties['PolicyDocument'], 'identity');
        for (const roleName of properties['Roles'] as string[]) this.#roleNamed(roleName).policies.push(policy);
        return { ref: name };
      },
    },
  ];

  /** The identity policies of a role, by its ARN. */
  policiesOf(roleArn: string): readonly Policy[] {
    return this.#roles.get(roleArn)?.policies ?? [];
  }

  /** Every identity policy with the role that has it. */
  policies(): HeldPolicy[] {
    return [...this.#roles.values()].flatMap(({ path, policies }) => policies.map((policy) => ({ policy, holder: path })));
  }

  /** Who may assume each role. */
  resourcePolicies(): [roleArn: string, document: object][] {
    return [...this.#roles].map(([arn, { trust }]) => [arn, trust]);
  }

  resourcePolicyOf(roleArn: string): object | undefined {
    return this.#roles.get(roleArn)?.trust;
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDenied', message, 403);
  }

  operationOf(): string {
    throw notEmulated("IAM's own API");
  }

  async handle(): Promise<AwsReply> {
    throw notEmulated("IAM's own API");
  }

  renderError({ status, code, message }: AwsError): AwsReply {
    const body = `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
    return { status, headers: { 'content-type': 'text/xml' }, body };
  }

  #roleNamed(name: string): Role {
    const found = [...this.#roles].find(([arn]) => arn.endsWith(`/${name}`));
    if (!found) throw new Error(`there is no role ${name}`);
    return found[1];
  }
}
