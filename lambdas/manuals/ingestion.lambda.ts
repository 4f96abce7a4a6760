import { realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { isLastReceive } from '../shared/last-receive.ts';
import { logger } from '../shared/observability.ts';
import { isolatedExtraction } from './extraction/isolated-extraction.ts';
import { IncomingEvent } from './incoming-events.contract.ts';
import { giveUp, type IngestionPorts, ingest } from './ingestion.ts';
import { LookQueue } from './look-queue.ts';
import { ManualContents } from './manual-contents.ts';
import { BEDROCK_AGENT_RETRIES, ManualDocuments } from './manual-documents.ts';
import { ManualFiles } from './manual-files.ts';
import { ManualLibrary } from './manual-library.ts';
import { ManualRecords } from './manual-records.ts';
import { ingestionContract } from './manuals.contract.ts';

const environment = parseEnvironment(ingestionContract);
/** Of this bundle, and so of its worker's, which is made of `ingestion.worker.ts`. */
const folder = realpathSync(__dirname);

const dynamodb = new DynamoDBClient({});
const ports: IngestionPorts = {
  scanned: environment.MALWARE_SCAN === 'on',
  records: new ManualRecords(dynamodb, environment.MANUALS_TABLE),
  contents: new ManualContents(dynamodb, environment.MANUALS_TABLE),
  library: new ManualLibrary(dynamodb, environment.MANUALS_TABLE),
  maxPages: environment.PAGES_PER_USER,
  files: new ManualFiles(new S3Client({}), environment.MANUALS_BUCKET),
  extractPages: isolatedExtraction({ file: path.join(folder, 'worker.js'), folder }),
  documents: new ManualDocuments(new BedrockAgentClient(BEDROCK_AGENT_RETRIES), environment.KNOWLEDGE_BASE_ID, environment.DATA_SOURCE_ID),
  readiness: new LookQueue(new SQSClient({}), environment.READINESS_QUEUE_URL),
  wait: (ms) => setTimeout(ms),
  onRejected: ({ manual_id }, rejection) =>
    logger.info('a manual was rejected', {
      manual_id,
      failure: rejection.failure,
      ...(rejection instanceof Error && rejection.cause !== undefined && { cause: String(rejection.cause) }),
    }),
  onIgnored: (object, reason) => logger.warn('an object was ignored', { ...object, reason }),
};

/** The queue hands over one message at a time: what EventBridge sent when the object was created, or scanned. */
export const handler = async (event: SQSEvent): Promise<void> => {
  for (const record of event.Records) {
    const incoming = z.parse(IncomingEvent, JSON.parse(record.body));
    try {
      await ingest(ports, incoming);
    } catch (error) {
      if (isLastReceive(record)) await giveUp(ports, incoming);
      throw error;
    }
  }
};
