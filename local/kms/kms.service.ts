import { createHash } from 'node:crypto';
import { AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service, TemplateResource } from '../platform/service.ts';

/**
 * KMS, as far as its keys decide who may send and receive: each key's policy takes part in every decision about it. There is no key
 * material, and nothing is encrypted: what a queue holds lies in the stage's folder as it is.
 */
export class KmsService implements Service {
  readonly signingNames = ['kms'];
  /** https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html */
  readonly resourcePolicyMustAllow = true;
  readonly #policies = new Map<string, object>();
  readonly #protocol = new JsonProtocol('KMS', '1.1', {});

  readonly resourceTypes: readonly ResourceType[];

  constructor({ region }: { region: string }) {
    this.resourceTypes = [
      {
        type: 'AWS::KMS::Key',
        honours: ['KeyPolicy'],
        inert: {
          Description: 'is read by people',
          EnableKeyRotation: 'there is no key material',
          PendingWindowInDays: 'a key is gone when the runtime stops',
          RotationPeriodInDays: 'there is no key material',
          Tags: 'are read by people',
        },
        create: async (resource) => {
          const id = keyIdOf(resource);
          const arn = `arn:aws:kms:${region}:${LOCAL_ACCOUNT}:key/${id}`;
          this.#policies.set(arn, resource.properties['KeyPolicy'] as object);
          return { ref: id, attributes: { Arn: arn, KeyId: id } };
        },
      },
      {
        type: 'AWS::KMS::Alias',
        honours: [],
        inert: { AliasName: 'keys are taken by their ARN only', TargetKeyId: 'keys are taken by their ARN only' },
        create: async ({ properties }) => ({ ref: String(properties['AliasName']) }),
      },
    ];
  }

  resourcePolicyOf(keyArn: string): object | undefined {
    return this.#policies.get(keyArn);
  }

  resourcePolicies(): Iterable<[keyArn: string, document: object]> {
    return this.#policies;
  }

  accessDenied(message: string): AwsError {
    return new AwsError('AccessDeniedException', message);
  }

  operationOf({ headers }: RawRequest): string {
    throw notEmulated(`KMS's ${headers['x-amz-target']?.split('.').at(-1) ?? 'API'}`);
  }

  async handle(): Promise<AwsReply> {
    throw notEmulated("KMS's own API");
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);
}

/** In the form of AWS's, and the same each time. */
function keyIdOf({ stackName, logicalId }: TemplateResource): string {
  const digits = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-');
}
