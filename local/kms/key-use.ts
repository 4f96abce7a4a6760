import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import type { Principal } from '../platform/principal.ts';

/**
 * What SQS and SNS do with a key in the name of whoever sends or receives
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html).
 */
const ACTIONS = { send: ['kms:GenerateDataKey', 'kms:Decrypt'], receive: ['kms:Decrypt'] } as const;

/**
 * Throws, in the words of KMS and with a code of the service that asks, unless a principal may use the key of a queue or topic. AWS asks
 * KMS again only when it has used a data key for a while; here each message counts.
 */
export function requireKeyUse(
  access: AccessControl,
  principal: Principal,
  keyArn: string,
  { use, refusal }: { readonly use: keyof typeof ACTIONS; readonly refusal: string },
): void {
  for (const action of ACTIONS[use]) {
    try {
      access.require(principal, { action, resource: keyArn });
    } catch (error) {
      throw error instanceof AwsError ? new AwsError(refusal, error.message) : error;
    }
  }
}

/** The key that a `KmsMasterKeyId` names. Throws for what is not a key's ARN, such as the alias of a key that is AWS's own. */
export function keyArnIn(masterKeyId: string): string {
  if (/^arn:aws:kms:[^:]+:\d{12}:key\/[^/]+$/.test(masterKeyId)) return masterKeyId;
  throw new AwsError('InvalidParameterValue', `The local runtime takes a key by its ARN only, and not "${masterKeyId}".`);
}
