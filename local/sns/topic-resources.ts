import { createHash } from 'node:crypto';
import { keyArnIn } from '../kms/key-use.ts';
import { generatedName } from '../platform/names.ts';
import type { ResourceType } from '../platform/service.ts';
import type { Subscription, Topics } from './topics.ts';

/** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
const MAX_NAME_LENGTH = 256;

/** `AWS::SNS::Topic`: Ref is its ARN. */
export function topicResourceType(topics: Topics): ResourceType {
  return {
    type: 'AWS::SNS::Topic',
    honours: ['TopicName', 'KmsMasterKeyId'],
    inert: { DisplayName: 'names the sender of mails, and none is sent', Tags: 'are read by people' },
    create: async ({ stackName, logicalId, properties }) => {
      const { TopicName, KmsMasterKeyId, FifoTopic, Subscription: inline } = properties;
      if (FifoTopic || inline) throw new Error('FIFO topics, and subscriptions within a topic, are not honoured by the local runtime');
      const name = String(TopicName ?? generatedName(stackName, logicalId, MAX_NAME_LENGTH));
      const { arn } = topics.create(name, KmsMasterKeyId === undefined ? undefined : keyArnIn(String(KmsMasterKeyId)));
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  };
}

/** `AWS::SNS::TopicPolicy`: becomes the policy of each of its topics, which decides about calls to them. */
export function topicPolicyResourceType(topics: Topics): ResourceType {
  return {
    type: 'AWS::SNS::TopicPolicy',
    honours: ['Topics', 'PolicyDocument'],
    create: async ({ properties, stackName, logicalId }) => {
      for (const topicArn of properties['Topics'] as string[]) topics.setPolicy(topicArn, properties['PolicyDocument'] as object);
      const id = generatedName(stackName, logicalId, MAX_NAME_LENGTH);
      return { ref: id, attributes: { Id: id } };
    },
  };
}

/** `AWS::SNS::Subscription`: counts as confirmed at once, which on AWS an addressee must do first. */
export function subscriptionResourceType(topics: Topics): ResourceType {
  return {
    type: 'AWS::SNS::Subscription',
    honours: ['TopicArn', 'Protocol', 'Endpoint', 'RawMessageDelivery'],
    create: async ({ stackName, logicalId, properties }) => {
      const topicArn = String(properties['TopicArn']);
      topics.subscribe(topicArn, subscriptionOf(properties));
      const id = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex').slice(0, 32);
      return { ref: `${topicArn}:${id}`, attributes: { Arn: `${topicArn}:${id}` } };
    },
  };
}

function subscriptionOf(properties: Readonly<Record<string, unknown>>): Subscription {
  const { TopicArn, Protocol, Endpoint, RawMessageDelivery = false, ...others } = properties;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Error(`${other} of a subscription is not honoured by the local runtime`);
  if (Protocol === 'email') return { protocol: 'email', address: String(Endpoint) };
  if (Protocol === 'sqs') return { protocol: 'sqs', queueArn: String(Endpoint), raw: String(RawMessageDelivery) === 'true' };
  throw new Error(`subscriptions by ${String(Protocol)} are not honoured by the local runtime`);
}
