import { BedrockAgentClient, GetKnowledgeBaseDocumentsCommand, IngestKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BedrockService } from '../../local/bedrock/bedrock.service.ts';
import { EventBridgeService } from '../../local/eventbridge/eventbridge.service.ts';
import { LambdaService } from '../../local/lambda/lambda.service.ts';
import { LogsService } from '../../local/logs/logs.service.ts';
import { SqsService } from '../../local/sqs/sqs.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { INDEX_PROPERTIES, knowledgeBaseProperties } from './bedrock-support.ts';
import { HANDLERS, until } from './lambda-handlers/lambda-under-test.ts';

/** What services do among themselves, each with the right that AWS demands for it, and without. */
const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

let door: TestFrontDoor;
let events: EventBridgeService;
let functions: LambdaService;
let sqs: SQSClient;
let reports: string[];
let named = 0;

beforeAll(async () => {
  reports = [];
  const report = (line: string) => reports.push(line);
  door = await openFrontDoor(({ clock, keys, frontDoor, access }) => {
    const endpoint = () => frontDoor.endpoint;
    const logs = new LogsService({ clock, region: REGION, access });
    const queues = new SqsService({ region: REGION, endpoint, access });
    functions = new LambdaService({ clock, region: REGION, endpoint, access, keys, logs, queues, measure: () => undefined, report });
    events = new EventBridgeService({ clock, region: REGION, queues, functions, report });
    return [logs, queues, events, functions, new BedrockService({ clock, region: REGION, access })];
  });
  sqs = new SQSClient(door.clientConfig);
});

afterAll(async () => {
  sqs.destroy();
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

async function createQueue(...policy: object[]): Promise<{ url: string; arn: string }> {
  named += 1;
  const { ref, attributes } = await door.provision('AWS::SQS::Queue', `Queue${named}`, { QueueName: `queue-${named}` });
  if (policy.length > 0) {
    const PolicyDocument = { Version: '2012-10-17', Statement: policy };
    await door.provision('AWS::SQS::QueuePolicy', `Policy${named}`, { Queues: [ref], PolicyDocument });
  }
  return { url: ref, arn: String(attributes?.['Arn']) };
}

async function deploy(statements: object[], handler = 'handlers.echo'): Promise<string> {
  named += 1;
  const { arn } = await door.createRole(statements);
  const properties = { Runtime: 'nodejs24.x', Handler: handler, Role: arn, Code: { LocalPath: HANDLERS }, Timeout: 10 };
  return (await door.provision('AWS::Lambda::Function', `Fn${named}`, properties)).ref;
}

const bodiesIn = async (QueueUrl: string) =>
  ((await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? []).map(({ Body }) => Body);

async function messagesLeft(QueueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

describe('a rule’s event reaches a queue', () => {
  const letIn = (condition: object) => ({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: condition,
  });
  const publish = async (queueArn: string, source: string) => {
    await door.provision('AWS::Events::Rule', `Rule-${source}`, {
      Name: `rule-${source}`,
      EventPattern: { source: [source] },
      State: 'ENABLED',
      Targets: [{ Id: 'queue', Arn: queueArn }],
    });
    await events.publish({ source, 'detail-type': 'Something', resources: [], detail: {} });
  };

  test('that lets the rule in', async () => {
    const { url, arn } = await createQueue(letIn({ ArnEquals: { 'aws:SourceArn': `arn:aws:events:${REGION}:${ACCOUNT}:rule/rule-mine` } }));
    await publish(arn, 'mine');
    expect(await bodiesIn(url)).toHaveLength(1);
  });

  test('that lets the account in', async () => {
    const { url, arn } = await createQueue(letIn({ StringEquals: { 'aws:SourceAccount': ACCOUNT } }));
    await publish(arn, 'account');
    expect(await bodiesIn(url)).toHaveLength(1);
  });

  test.each([
    ['that lets another rule in', 'other', { ArnEquals: { 'aws:SourceArn': `arn:aws:events:${REGION}:${ACCOUNT}:rule/elsewhere` } }],
    ['that lets another account in', 'foreign', { StringEquals: { 'aws:SourceAccount': '111122223333' } }],
  ])('but not one %s; the missing statement is printed', async (_what, source, condition) => {
    const { url, arn } = await createQueue(letIn(condition));
    await publish(arn, source);
    expect(await bodiesIn(url)).toEqual([]);
    expect(reports.at(-1)).toMatch(`rule rule-${source} for ${arn}: User: events.amazonaws.com`);
    expect(door.denials.at(-1)).toContain(
      `Missing in the policy of ${arn}: {"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage",` +
        `"Resource":"${arn}","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:events:${REGION}:${ACCOUNT}:rule/rule-${source}"}}}`,
    );
  });

  test('nor one without a policy', async () => {
    const { url, arn } = await createQueue();
    await publish(arn, 'nobody');
    expect(await bodiesIn(url)).toEqual([]);
  });
});

describe('a function polls its queue with the rights of its role', () => {
  const map = async (statements: object[], queueArn: string) =>
    door.provision('AWS::Lambda::EventSourceMapping', `Mapping${named}`, {
      EventSourceArn: queueArn,
      FunctionName: await deploy(statements),
    });

  test.each(POLLING)('without %s there is no mapping', async (missing) => {
    const { arn } = await createQueue();
    const rest = POLLING.filter((action) => action !== missing);
    await expect(map([allow(rest, arn)], arn)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringContaining(
        `The function execution role does not have permissions to call ${missing.replace('sqs:', '')} on SQS`,
      ),
    });
  });

  test('nor with a queue whose messages come back while they are being processed', async () => {
    const { ref, attributes } = await door.provision('AWS::SQS::Queue', 'Hasty', { QueueName: 'hasty', VisibilityTimeout: 5 });
    await expect(map([allow(POLLING, '*')], String(attributes?.['Arn']))).rejects.toThrow(
      'Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds',
    );
    expect(ref).toContain('hasty');
  });

  test('with all three, what it has done is gone', async () => {
    const { url, arn } = await createQueue();
    await map([allow(POLLING, arn)], arn);
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'work' }));
    await until(async () => (await messagesLeft(url)) === 0);
  });
});

test('Lambda takes on only a role that lets it', async () => {
  const { arn } = await door.createRole([], { assumedBy: 'bedrock.amazonaws.com' });
  const properties = { Runtime: 'nodejs24.x', Handler: 'handlers.echo', Role: arn, Code: { LocalPath: HANDLERS } };
  for (const Role of [arn, `arn:aws:iam::${ACCOUNT}:role/nobodys`]) {
    await expect(door.provision('AWS::Lambda::Function', 'Unassumable', { ...properties, Role })).rejects.toThrow(
      /^The role defined for the function cannot be assumed by Lambda/,
    );
  }
});

describe('a function is invoked', () => {
  const gateway = (sourceArn: string) => ({ kind: 'service' as const, name: 'apigateway.amazonaws.com', sourceArn });
  const method = (path: string) => `arn:aws:execute-api:${REGION}:${ACCOUNT}:api/v1/${path}`;

  test('by the method of an API that its policy names, and by no other', async () => {
    const name = await deploy([]);
    const invoke = (sourceArn: string) => functions.invokeAs(gateway(sourceArn), name, '{}');
    await expect(invoke(method('POST/query'))).rejects.toMatchObject({ code: 'AccessDeniedException' });
    await door.provision('AWS::Lambda::Permission', 'Query', {
      FunctionName: name,
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:api/*/POST/query`,
    });
    await expect(invoke(method('POST/query'))).resolves.toMatchObject({ payload: expect.anything() });
    await expect(invoke(method('DELETE/query'))).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(door.denials.at(-1)).toContain(`"Condition":{"ArnEquals":{"aws:SourceArn":"${method('DELETE/query')}"}}`);
  });

  test('by a role that may, through its API', async () => {
    const name = await deploy([]);
    const FunctionName = name;
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    const may = new LambdaClient(door.configOf(await door.createRole([allow('lambda:InvokeFunction', arn)])));
    await expect(may.send(new InvokeCommand({ FunctionName }))).resolves.toMatchObject({ StatusCode: 200 });
    await expect(may.send(new InvokeCommand({ FunctionName: arn }))).resolves.toMatchObject({ StatusCode: 200 });
    const mayNot = new LambdaClient(door.configOf(await door.createRole([allow('lambda:InvokeFunction', `${arn}-other`)])));
    await expect(mayNot.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

test.each([
  ['CreateLogStream', 'logs:PutLogEvents'],
  ['PutLogEvents', 'logs:CreateLogStream'],
])('what a function logs is lost when its role lacks %s, and nothing else happens', async (_missing, allowed) => {
  const { logs, handler } = { logs: new CloudWatchLogsClient(door.clientConfig), handler: 'handlers.print' };
  const linesOf = async (statements: object[]) => {
    const name = await deploy(statements, handler);
    await functions.invoke(name, '{}');
    const logGroupName = `/aws/lambda/${name}`;
    const { events: lines = [] } = await logs
      .send(new FilterLogEventsCommand({ logGroupName }))
      .catch((error: Error) => (error.name === 'ResourceNotFoundException' ? { events: [] } : Promise.reject(error)));
    return lines.length;
  };
  expect(await linesOf([allow(allowed, '*')])).toBe(0);
  expect(door.denials.at(-1)).toContain('is not authorized to perform: logs:');
  expect(
    await linesOf([allow(['logs:CreateLogStream', 'logs:PutLogEvents'], `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/*`)]),
  ).toBeGreaterThan(2);
  logs.destroy();
});

describe('a knowledge base', () => {
  const MODEL = 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0';
  const create = async (statements: (indexArn: string) => object[]) => {
    named += 1;
    const bucket = await door.provision('AWS::S3Vectors::VectorBucket', `Vectors${named}`, {});
    const index = await door.provision('AWS::S3Vectors::Index', `Index${named}`, { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref });
    const properties = { ...(await knowledgeBaseProperties(door, index.ref, statements(index.ref))), Name: `manuals-${named}` };
    const { ref: knowledgeBaseId } = await door.provision('AWS::Bedrock::KnowledgeBase', `KnowledgeBase${named}`, properties);
    const source = await door.provision('AWS::Bedrock::DataSource', `Source${named}`, {
      Name: 'manuals',
      KnowledgeBaseId: knowledgeBaseId,
      DataSourceConfiguration: { Type: 'CUSTOM' },
    });
    return { knowledgeBaseId, dataSourceId: String(source.attributes?.['DataSourceId']) };
  };
  const retrieve = (knowledgeBaseId: string) =>
    new BedrockAgentRuntimeClient(door.clientConfig).send(new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: 'kettle' } }));
  const ingest = async (source: { knowledgeBaseId: string; dataSourceId: string }) => {
    const agent = new BedrockAgentClient(door.clientConfig);
    const content = {
      dataSourceType: 'CUSTOM' as const,
      custom: {
        customDocumentIdentifier: { id: 'one' },
        sourceType: 'IN_LINE' as const,
        inlineContent: { type: 'TEXT' as const, textContent: { data: 'Descale the kettle.' } },
      },
    };
    await agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...source, documents: [{ content }] }));
    door.clock.advance(60_000);
    const documentIdentifiers = [{ dataSourceType: 'CUSTOM' as const, custom: { id: 'one' } }];
    const { documentDetails = [] } = await agent.send(new GetKnowledgeBaseDocumentsCommand({ ...source, documentIdentifiers }));
    return documentDetails[0];
  };
  const vectors = (indexArn: string, ...actions: string[]) =>
    allow(
      actions.map((action) => `s3vectors:${action}`),
      indexArn,
    );

  test('with a role that may all it needs, indexes and finds', async () => {
    const source = await create((index) => [
      allow('bedrock:InvokeModel', MODEL),
      vectors(index, 'GetIndex', 'PutVectors', 'QueryVectors', 'GetVectors'),
    ]);
    await expect(ingest(source)).resolves.toMatchObject({ status: 'INDEXED' });
    await expect(retrieve(source.knowledgeBaseId)).resolves.toMatchObject({
      retrievalResults: [{ content: { text: 'Descale the kettle.' } }],
    });
  });

  test.each([
    ['bedrock:InvokeModel', (index: string) => [vectors(index, 'GetIndex', 'PutVectors', 'QueryVectors', 'GetVectors')]],
    [
      's3vectors:PutVectors',
      (index: string) => [allow('bedrock:InvokeModel', MODEL), vectors(index, 'GetIndex', 'QueryVectors', 'GetVectors')],
    ],
  ])('whose role lacks %s indexes nothing, and each document says why', async (missing, statements) => {
    await expect(ingest(await create(statements))).resolves.toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringContaining(`is not authorized to perform: ${missing}`),
    });
  });

  test.each([
    ['bedrock:InvokeModel', (index: string) => [vectors(index, 'GetIndex', 'QueryVectors', 'GetVectors')]],
    ['s3vectors:QueryVectors', (index: string) => [allow('bedrock:InvokeModel', MODEL), vectors(index, 'GetIndex', 'GetVectors')]],
    ['s3vectors:GetVectors', (index: string) => [allow('bedrock:InvokeModel', MODEL), vectors(index, 'GetIndex', 'QueryVectors')]],
  ])('whose role lacks %s finds nothing', async (missing, statements) => {
    const { knowledgeBaseId } = await create(statements);
    await expect(retrieve(knowledgeBaseId)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`is not authorized to perform: ${missing}`),
    });
  });

  test('is not created with a role that may not look at its index, or that Bedrock may not assume', async () => {
    await expect(create(() => [allow('bedrock:InvokeModel', MODEL)])).rejects.toThrow('is not authorized to perform: s3vectors:GetIndex');
    const { arn: RoleArn } = await door.createRole([], { assumedBy: 'lambda.amazonaws.com' });
    const bucket = await door.provision('AWS::S3Vectors::VectorBucket', 'Foreign', {});
    const index = await door.provision('AWS::S3Vectors::Index', 'ForeignIndex', { ...INDEX_PROPERTIES, VectorBucketArn: bucket.ref });
    const properties = { ...(await knowledgeBaseProperties(door, index.ref)), RoleArn };
    await expect(door.provision('AWS::Bedrock::KnowledgeBase', 'Foreign', properties)).rejects.toThrow('sts:AssumeRole');
  });
});
