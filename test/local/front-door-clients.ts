import { BedrockAgentClient, GetKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityProviderClient, ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';

/** What every client of the SDK takes. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly maxAttempts: number;
  readonly systemClockOffset?: number;
}

const PAGE = { MaxResults: 1 };
const DOCUMENTS = { knowledgeBaseId: 'ABCDEFGHIJ', dataSourceId: 'ABCDEFGHIJ', documentIdentifiers: [] };
const QUESTION = { knowledgeBaseId: 'ABCDEFGHIJ', retrievalQuery: { text: 'Where is the fuse?' } };
const PROMPT = { modelId: 'none', messages: [] };
const OBJECT = { Bucket: 'none', Key: "a key/with (odd) 'marks'!*", Body: 'ä', Metadata: { note: 'one  two' } };

export interface ClientCall {
  readonly name: string;
  readonly service: string;
  readonly call: (config: ClientConfig) => Promise<unknown>;
  /** What the service itself finds fault with; nothing when absent. */
  readonly complaint?: string;
}

const NOT_FOUND = 'ResourceNotFoundException';

/** A call by each of the SDK's clients. */
export const CLIENT_CALLS: readonly ClientCall[] = [
  { name: 'DynamoDB', service: 'dynamodb', call: (config) => new DynamoDBClient(config).send(new ListTablesCommand({})) },
  { name: 'SQS', service: 'sqs', call: (config) => new SQSClient(config).send(new ListQueuesCommand({})) },
  { name: 'Logs', service: 'logs', call: (config) => new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand({})) },
  {
    name: 'Cognito',
    service: 'cognito-idp',
    call: (config) => new CognitoIdentityProviderClient(config).send(new ListUserPoolsCommand(PAGE)),
  },
  { name: 'Lambda', service: 'lambda', call: (config) => new LambdaClient(config).send(new ListFunctionsCommand({})) },
  { name: 'S3', service: 's3', call: (config) => new S3Client(config).send(new PutObjectCommand(OBJECT)), complaint: 'NoSuchBucket' },
  {
    name: 'Bedrock Agent',
    service: 'bedrock',
    call: (config) => new BedrockAgentClient(config).send(new GetKnowledgeBaseDocumentsCommand(DOCUMENTS)),
    complaint: NOT_FOUND,
  },
  {
    name: 'Bedrock Agent Runtime',
    service: 'bedrock',
    call: (config) => new BedrockAgentRuntimeClient(config).send(new RetrieveCommand(QUESTION)),
    complaint: NOT_FOUND,
  },
  {
    name: 'Bedrock Runtime',
    service: 'bedrock',
    call: (config) => new BedrockRuntimeClient(config).send(new ConverseCommand(PROMPT)),
    complaint: 'ValidationException',
  },
];

/** The name by which the client's caller knows the error; nothing when the call succeeds. */
export const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: Error) => error.name,
  );
