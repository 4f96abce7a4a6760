import { type AwsError, type AwsReply, notEmulated } from '../platform/call.ts';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { type Policy, parsePolicy } from './policy-document.ts';

/** IAM's limit for a role's name. */
const MAX_ROLE_NAME_CHARACTERS = 64;

/** Roles and their policies, as the templates state them. What a policy says is parsed when it is created, or refused. */
export class IamService implements Service {
  readonly signingNames = ['iam'];
  readonly #policies = new Map<string, Policy[]>();

  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::IAM::Role',
      honours: ['RoleName', 'Policies'],
      inert: { Description: 'is read by people', Tags: 'are read by people' },
      create: async ({ logicalId, stackName, properties }) => {
        const name = String(properties['RoleName'] ?? generatedName(stackName, logicalId, MAX_ROLE_NAME_CHARACTERS));
        const managed = (properties['ManagedPolicyArns'] ?? []) as string[];
        if (managed.length > 0) throw new Error(`what ${managed.join(', ')} allow is not known to the local runtime`);
        if (properties['PermissionsBoundary']) throw new Error('a permissions boundary is not honoured by the local runtime');
        const arn = `arn:aws:iam::${LOCAL_ACCOUNT}:role/${name}`;
        const inline = (properties['Policies'] ?? []) as { PolicyName: string; PolicyDocument: object }[];
        this.#policies.set(
          arn,
          inline.map(({ PolicyName, PolicyDocument }) => parsePolicy(PolicyName, PolicyDocument, 'identity')),
        );
        return { ref: name, attributes: { Arn: arn, RoleId: `AROA${name.slice(-12).toUpperCase()}` } };
      },
    },
    {
      type: 'AWS::IAM::Policy',
      honours: ['PolicyName', 'PolicyDocument', 'Roles'],
      create: async ({ properties }) => {
        const name = String(properties['PolicyName']);
        const policy = parsePolicy(name, properties['PolicyDocument'], 'identity');
        for (const role of properties['Roles'] as string[]) this.#policies.get(`arn:aws:iam::${LOCAL_ACCOUNT}:role/${role}`)?.push(policy);
        return { ref: name };
      },
    },
  ];

  /** The identity policies of a role, by its ARN. */
  policiesOf(roleArn: string): readonly Policy[] {
    return this.#policies.get(roleArn) ?? [];
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
}
