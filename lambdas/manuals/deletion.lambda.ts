import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { logger } from '../shared/observability.ts';
import { HiddenManuals } from '../usage/hidden-manuals.ts';
import { type DeletionPorts, deleteManual } from './deletion.ts';
import { LookQueue } from './look-queue.ts';
import { BEDROCK_AGENT_RETRIES, ManualDocuments } from './manual-documents.ts';
import { ManualFiles } from './manual-files.ts';
import { ManualLibrary } from './manual-library.ts';
import { ManualRecords } from './manual-records.ts';
import { DeletionMessage, deletionContract } from './manuals.contract.ts';

const environment = parseEnvironment(deletionContract);

const dynamodb = new DynamoDBClient({});
const ports: DeletionPorts = {
  records: new ManualRecords(dynamodb, environment.MANUALS_TABLE),
  library: new ManualLibrary(dynamodb, environment.MANUALS_TABLE),
  documents: new ManualDocuments(new BedrockAgentClient(BEDROCK_AGENT_RETRIES), environment.KNOWLEDGE_BASE_ID, environment.DATA_SOURCE_ID),
  files: new ManualFiles(new S3Client({}), environment.MANUALS_BUCKET),
  hidden: new HiddenManuals(dynamodb, environment.USAGE_TABLE),
  queue: new LookQueue(new SQSClient({}), environment.DELETION_QUEUE_URL),
  onDeleted: ({ manual_id }) => logger.info('a manual was deleted', { manual_id }),
};

/** The queue hands over one message at a time. */
export const handler = async (event: SQSEvent): Promise<void> => {
  for (const { body } of event.Records) await deleteManual(ports, z.parse(DeletionMessage, JSON.parse(body)));
};
