import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { EventBridgeService } from '../../local/eventbridge/eventbridge.service.ts';
import { KmsService } from '../../local/kms/kms.service.ts';
import { SnsService } from '../../local/sns/sns.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const REGION = 'eu-west-1';
export const ACCOUNT = '000000000000';
export const FOREIGN_ACCOUNT = '111122223333';

/** Leaves a key to the account's own policies. */
export const ACCOUNT_DECIDES = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
};

/** Lets a service, for this account, do something with whatever the policy is of. */
export const letService = (service: string, Action: string | readonly string[]) => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action,
  Resource: '*',
  Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
});

export const allow = (Action: string | readonly string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });

const documentOf = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });

interface TestQueue {
  readonly url: string;
  readonly arn: string;
}

/** SQS, SNS and EventBridge, with keys, behind a front door. */
export interface EncryptedServices {
  readonly door: TestFrontDoor;
  readonly events: EventBridgeService;
  readonly topics: SnsService;
  /** As the operator. */
  readonly sqs: SQSClient;
  /** What was said while it ran. */
  readonly reports: readonly string[];
  /** A key with a policy of these statements; its ARN. */
  createKey(...statements: object[]): Promise<string>;
  createQueue(keyArn: string | undefined, ...statements: object[]): Promise<TestQueue>;
  /** A topic's ARN. */
  createTopic(keyArn: string | undefined, ...statements: object[]): Promise<string>;
  bodiesIn(queue: TestQueue): Promise<(string | undefined)[]>;
  /** Demands that nothing went wrong inside. */
  close(): Promise<void>;
}

export async function openEncryptedServices(): Promise<EncryptedServices> {
  const reports: string[] = [];
  const report = (line: string) => reports.push(line);
  const noFunctions = {
    invokeLaterAs: () => {
      throw new Error('there is no Lambda behind this front door');
    },
  };
  const built: { events?: EventBridgeService; topics?: SnsService } = {};
  const door = await openFrontDoor(({ clock, frontDoor, access }) => {
    const queues = new SqsService({ region: REGION, endpoint: () => frontDoor.endpoint, access });
    const topics = new SnsService({ clock, region: REGION, access, queues, report });
    const events = new EventBridgeService({ clock, region: REGION, queues, functions: noFunctions, report });
    Object.assign(built, { topics, events });
    return [new KmsService({ region: REGION }), queues, topics, events];
  });
  const { events, topics } = built;
  if (!events || !topics) throw new Error('the front door built no services');
  const sqs = new SQSClient(door.clientConfig);
  let named = 0;
  const nameOf = (kind: string) => `${kind}${++named}`;
  return {
    door,
    events,
    topics,
    sqs,
    reports,
    createKey: async (...statements) => {
      const { attributes } = await door.provision('AWS::KMS::Key', nameOf('Key'), { KeyPolicy: documentOf(statements) });
      return String(attributes?.['Arn']);
    },
    createQueue: async (keyArn, ...statements) => {
      const properties = keyArn === undefined ? {} : { KmsMasterKeyId: keyArn };
      const { ref, attributes } = await door.provision('AWS::SQS::Queue', nameOf('Queue'), properties);
      const policy = { Queues: [ref], PolicyDocument: documentOf(statements) };
      if (statements.length > 0) await door.provision('AWS::SQS::QueuePolicy', nameOf('Policy'), policy);
      return { url: ref, arn: String(attributes?.['Arn']) };
    },
    createTopic: async (keyArn, ...statements) => {
      const properties = keyArn === undefined ? {} : { KmsMasterKeyId: keyArn };
      const { ref } = await door.provision('AWS::SNS::Topic', nameOf('Topic'), properties);
      const policy = { Topics: [ref], PolicyDocument: documentOf(statements) };
      if (statements.length > 0) await door.provision('AWS::SNS::TopicPolicy', nameOf('Policy'), policy);
      return ref;
    },
    bodiesIn: async ({ url }) =>
      ((await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))).Messages ?? []).map(({ Body }) => Body),
    close: async () => {
      sqs.destroy();
      await door.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}
