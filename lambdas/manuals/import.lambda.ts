import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { isLastReceive } from '../shared/last-receive.ts';
import { logger } from '../shared/observability.ts';
import { giveUpImport, type ImportPorts, importManual } from './import.ts';
import { LookQueue } from './look-queue.ts';
import { ManualFiles } from './manual-files.ts';
import { ManualLibrary } from './manual-library.ts';
import { ManualRecords } from './manual-records.ts';
import { ImportMessage, importContract } from './manuals.contract.ts';
import { fetchManual } from './url-import/fetch-manual.ts';

const environment = parseEnvironment(importContract);

const dynamodb = new DynamoDBClient({});
const ports: ImportPorts = {
  records: new ManualRecords(dynamodb, environment.MANUALS_TABLE),
  library: new ManualLibrary(dynamodb, environment.MANUALS_TABLE),
  fetchManual: (sourceUrl, signal) => fetchManual(sourceUrl, { signal }),
  files: new ManualFiles(new S3Client({}), environment.MANUALS_BUCKET),
  queue: new LookQueue(new SQSClient({}), environment.IMPORT_QUEUE_URL),
  onIgnored: ({ manual_id }, reason) => logger.info('an import was ignored', { manual_id, reason }),
  // Neither an address nor what it led to, which the cause may name.
  onNotImported: ({ manual_id, attempt }, { failure, reason }) => logger.info('not imported', { manual_id, attempt, failure, reason }),
};

/** What is left of the function's time for writing what was fetched. */
const MARGIN_MS = 45_000;

/** The queue hands over one message at a time. */
export const handler = async (event: SQSEvent, context: Context): Promise<void> => {
  const signal = AbortSignal.timeout(context.getRemainingTimeInMillis() - MARGIN_MS);
  for (const record of event.Records) {
    const message = z.parse(ImportMessage, JSON.parse(record.body));
    try {
      await importManual(ports, message, signal);
    } catch (error) {
      if (isLastReceive(record)) await giveUpImport(ports, message);
      throw error;
    }
  }
};
