import { createHash, createHmac } from 'node:crypto';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { TargetFunctions } from '../../local/eventbridge/delivery.ts';
import { EventBridgeService } from '../../local/eventbridge/eventbridge.service.ts';
import type { AwsError } from '../../local/platform/call.ts';
import type { Principal } from '../../local/platform/principal.ts';
import type { ResourceIdentity } from '../../local/platform/service.ts';
import { State } from '../../local/platform/state.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

export const MISSING_QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:missing';

export const INCOMING = {
  source: ['aws.s3'],
  'detail-type': ['Object Created'],
  detail: { bucket: { name: ['manuals'] }, object: { key: [{ prefix: 'incoming/' }] } },
};

/** What S3 tells of an upload to the bucket of manuals. */
export const uploaded = (key: string) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::manuals'],
  detail: { bucket: { name: 'manuals' }, object: { key } },
});

/** SQS that can be told to refuse some sends. */
class UnreliableQueues {
  refusals: AwsError[] = [];
  readonly #sqs: SqsService;

  constructor(sqs: SqsService) {
    this.#sqs = sqs;
  }

  async send(principal: Principal, queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<string> {
    const refusal = attributes ? undefined : this.refusals.shift();
    if (refusal) throw refusal;
    return this.#sqs.send(principal, queueArn, body, attributes);
  }
}

/** Targets that are functions have a test of their own. */
const NO_FUNCTIONS: TargetFunctions = {
  invokeLaterAs: () => {
    throw new Error('there is no Lambda behind this front door');
  },
};

interface Message {
  readonly event: Record<string, unknown>;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

interface Answer {
  readonly status: number;
  readonly document: Record<string, unknown>;
}

/** EventBridge with SQS as its target, behind a front door. */
export interface TestEventBus {
  readonly door: TestFrontDoor;
  readonly events: EventBridgeService;
  readonly queues: UnreliableQueues;
  /** The lines that EventBridge wrote for its operator. */
  readonly reports: string[];
  createQueue(logicalId: string): Promise<{ url: string; arn: string }>;
  createRule(properties: Record<string, unknown>, logicalId?: string): Promise<ResourceIdentity>;
  messagesIn(queueUrl: string): Promise<Message[]>;
  call(operation: string, input: object): Promise<Answer>;
  /** Demands that nothing went wrong inside. */
  close(): Promise<void>;
}

export async function openEventBus(kept?: State): Promise<TestEventBus> {
  const reports: string[] = [];
  const state = kept ?? State.inMemory();
  let events: EventBridgeService | undefined;
  let queues: UnreliableQueues | undefined;
  const door = await openFrontDoor(
    ({ clock, frontDoor, access }) => {
      const sqs = new SqsService({ region: 'eu-west-1', endpoint: () => frontDoor.endpoint, access, state });
      queues = new UnreliableQueues(sqs);
      events = new EventBridgeService({
        clock,
        region: 'eu-west-1',
        queues,
        functions: NO_FUNCTIONS,
        report: (line) => reports.push(line),
        state,
      });
      return [events, sqs];
    },
    { resumes: kept === undefined },
  );
  if (!events || !queues) throw new Error('the front door built no services');
  const client = new SQSClient(door.clientConfig);
  return {
    door,
    events,
    queues,
    reports,
    createQueue: async (logicalId) => {
      const { ref, attributes } = await door.provision('AWS::SQS::Queue', logicalId, {});
      const letIn = { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' };
      await door.provision('AWS::SQS::QueuePolicy', `${logicalId}Policy`, { Queues: [ref], PolicyDocument: { Statement: letIn } });
      return { url: ref, arn: String(attributes?.['Arn']) };
    },
    createRule: (properties, logicalId = 'Rule') => door.provision('AWS::Events::Rule', logicalId, { State: 'ENABLED', ...properties }),
    messagesIn: (queueUrl) => messagesIn(client, queueUrl),
    call: (operation, input) => call(door, operation, input),
    close: async () => {
      client.destroy();
      await door.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}

async function messagesIn(client: SQSClient, QueueUrl: string): Promise<Message[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  );
  return messages.map(({ Body: body = '', MessageAttributes: attributes = {} }) => ({
    event: JSON.parse(body),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue])),
  }));
}

/** A call of EventBridge's API, signed as AWS prescribes; its SDK client is not among our dependencies. */
async function call({ clientConfig }: TestFrontDoor, operation: string, input: object): Promise<Answer> {
  const { endpoint, region, credentials } = clientConfig;
  const body = JSON.stringify(input);
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const date = timestamp.slice(0, 8);
  const headers = { host: new URL(endpoint).host, 'x-amz-date': timestamp, 'x-amz-target': `AWSEvents.${operation}` };
  const signedHeaders = Object.keys(headers).join(';');
  const canonicalHeaders = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonicalRequest = ['POST', '/', '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const scope = `${date}/${region}/events/aws4_request`;
  const signingKey = [date, region, 'events', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonicalRequest)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, authorization, 'content-type': 'application/x-amz-json-1.1' },
    body,
  });
  return { status: response.status, document: (await response.json()) as Record<string, unknown> };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
