import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

interface TestQueue {
  readonly url: string;
  readonly arn: string;
  readonly name: string;
}

/** SQS behind a front door, spoken to through the real client or, as other services do, in process. */
export interface TestQueues {
  readonly door: TestFrontDoor;
  readonly service: SqsService;
  readonly client: SQSClient;
  createQueue(properties?: Record<string, unknown>): Promise<TestQueue>;
  /** A queue whose messages come back at once, and the dead-letter queue behind it. */
  createPair(maxReceiveCount?: number): Promise<{ source: TestQueue; deadLetters: TestQueue }>;
  receive(queueUrl: string, rest?: object): Promise<Message[]>;
  /** Demands that nothing went wrong inside. */
  close(): Promise<void>;
}

export async function openQueues(): Promise<TestQueues> {
  let service: SqsService | undefined;
  const door = await openFrontDoor(({ frontDoor, access, clock }) => {
    const queues = new SqsService({ region: 'eu-west-1', endpoint: () => frontDoor.endpoint, access });
    clock.follow((ms) => queues.advance(ms));
    service = queues;
    return [queues];
  });
  if (!service) throw new Error('the front door built no SQS');
  const client = new SQSClient(door.clientConfig);
  let created = 0;
  const createQueue = async (properties: Record<string, unknown> = {}): Promise<TestQueue> => {
    created += 1;
    const { ref, attributes } = await door.provision('AWS::SQS::Queue', `Queue${created}`, properties);
    return { url: ref, arn: String(attributes?.['Arn']), name: String(attributes?.['QueueName']) };
  };
  return {
    door,
    service,
    client,
    createQueue,
    createPair: async (maxReceiveCount = 1) => {
      const deadLetters = await createQueue();
      const RedrivePolicy = { deadLetterTargetArn: deadLetters.arn, maxReceiveCount };
      return { deadLetters, source: await createQueue({ VisibilityTimeout: 0, RedrivePolicy }) };
    },
    receive: async (QueueUrl, rest = {}) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], ...rest }))).Messages ?? [],
    close: async () => {
      client.destroy();
      await door.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}
