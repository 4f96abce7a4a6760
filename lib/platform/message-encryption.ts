import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { TopicProps } from 'aws-cdk-lib/aws-sns';
import { QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';

/** How a stage's queues and topics are encrypted at rest. */
export interface MessageEncryption {
  readonly queue: Pick<QueueProps, 'encryption' | 'encryptionMasterKey' | 'dataKeyReuse'>;
  readonly topic: Pick<TopicProps, 'masterKey'>;
}

/**
 * How long a queue uses a data key before it asks KMS for another one, and after which a key that was taken away is missed. A queue that
 * is used around the clock asks 744 times a month for each of its consumers, and twice as often for each of its senders; six queues of
 * work with two senders each make 22,320 requests, $0.07
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html, https://aws.amazon.com/kms/pricing/).
 */
const DATA_KEY_REUSE = Duration.hours(1);

/**
 * Queues by a key of SQS's own. Topics not at all: of SNS's own key CloudWatch may not make use, so that no alarm would arrive
 * (https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns), and an alarm says what a metric did and nothing of a user's.
 */
export const ENCRYPTED_BY_AWS: MessageEncryption = { queue: { encryption: QueueEncryption.SQS_MANAGED }, topic: {} };

/** By a key of ours, which whoever sends or receives must be allowed to use. */
export function encryptedBy(key: IKey): MessageEncryption {
  return {
    queue: { encryption: QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: DATA_KEY_REUSE },
    topic: { masterKey: key },
  };
}
