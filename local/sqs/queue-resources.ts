import { generatedName } from '../platform/names.ts';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import type { Queues } from './queues.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
const MAX_NAME_LENGTH = 80;
const FIFO_SUFFIX = '.fifo';

/** Properties that are queue attributes of the same name. */
const ATTRIBUTES = [
  'VisibilityTimeout',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'KmsMasterKeyId',
];
const INERT_ATTRIBUTES = {
  MessageRetentionPeriod: 'messages are kept until they are deleted',
  SqsManagedSseEnabled: 'local queues are not encrypted at rest',
  KmsDataKeyReusePeriodSeconds: 'the right to use the key is asked for with every message',
};

/** `AWS::SQS::Queue`: Ref is the queue's URL. */
export function queueResourceType(queues: Queues): ResourceType {
  return {
    type: 'AWS::SQS::Queue',
    honours: ['QueueName', 'Tags', ...ATTRIBUTES],
    inert: INERT_ATTRIBUTES,
    replacedOn: ['QueueName', 'FifoQueue'],
    create: async (resource) => {
      const { properties } = resource;
      const name = (properties['QueueName'] as string | undefined) ?? generatedQueueName(resource);
      const attributes = [...ATTRIBUTES, ...Object.keys(INERT_ATTRIBUTES)]
        .filter((attribute) => properties[attribute] !== undefined)
        .map((attribute) => [attribute, attributeText(properties[attribute])]);
      const tags = ((properties['Tags'] ?? []) as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]);
      const { QueueUrl } = await queues.create({
        QueueName: name,
        Attributes: Object.fromEntries(attributes),
        tags: Object.fromEntries(tags),
      });
      return { ref: QueueUrl, attributes: { Arn: queues.arnOf(name), QueueName: name, QueueUrl } };
    },
  };
}

/** `AWS::SQS::QueuePolicy`: becomes the policy of each of its queues, which decides about calls to them. */
export function queuePolicyResourceType(queues: Queues): ResourceType {
  return {
    type: 'AWS::SQS::QueuePolicy',
    honours: ['Queues', 'PolicyDocument'],
    create: async ({ properties, stackName, logicalId }) => {
      const Policy = JSON.stringify(properties['PolicyDocument']);
      for (const url of properties['Queues'] as string[]) await queues.setAttributes(queues.nameInUrl(url), { Policy });
      const id = generatedName(stackName, logicalId, MAX_NAME_LENGTH);
      return { ref: id, attributes: { Id: id } };
    },
  };
}

function generatedQueueName({ stackName, logicalId, properties }: TemplateResource): string {
  if (String(properties['FifoQueue']) !== 'true') return generatedName(stackName, logicalId, MAX_NAME_LENGTH);
  return generatedName(stackName, logicalId, MAX_NAME_LENGTH - FIFO_SUFFIX.length) + FIFO_SUFFIX;
}

/** Attributes are texts in the API; the template writes numbers, booleans and documents. */
function attributeText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
