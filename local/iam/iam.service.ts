import { type AwsError, type AwsReply, notEmulated } from '../platform/call.ts';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';

/** IAM's limit for a role's name. */
const MAX_ROLE_NAME_CHARACTERS = 64;

/** A policy document as the template states it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

/** Roles and their policies, as the templates state them. They are recorded here; nothing enforces them yet. */
export class IamService implements Service {
  readonly signingNames = ['iam'];
  readonly #policies = new Map<string, PolicyDocument[]>();

  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::IAM::Role',
      honours: ['RoleName'],
      inert: { Description: 'is read by people', Tags: 'are read by people' },
      create: async ({ logicalId, stackName, properties }) => {
        const name = String(properties['RoleName'] ?? generatedName(stackName, logicalId, MAX_ROLE_NAME_CHARACTERS));
        const inline = (properties['Policies'] ?? []) as { PolicyDocument: PolicyDocument }[];
        this.#policies.set(
          name,
          inline.map((policy) => policy.PolicyDocument),
        );
        return {
          ref: name,
          attributes: { Arn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${name}`, RoleId: `AROA${name.slice(-12).toUpperCase()}` },
        };
      },
    },
    {
      type: 'AWS::IAM::Policy',
      honours: ['PolicyName', 'Roles'],
      create: async ({ properties }) => {
        for (const role of properties['Roles'] as string[]) {
          this.#policies.get(role)?.push(properties['PolicyDocument'] as PolicyDocument);
        }
        return { ref: String(properties['PolicyName']) };
      },
    },
  ];

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
