import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { parseEnvironment } from '../shared/environment.ts';
import { ManualRetriever } from '../shared/manual-retriever.ts';
import { emit, logger } from '../shared/observability.ts';
import { LookQueue } from './look-queue.ts';
import { BEDROCK_AGENT_RETRIES, ManualDocuments } from './manual-documents.ts';
import { ManualRecords } from './manual-records.ts';
import { MANUALS_METRICS, ReadinessMessage, readinessContract } from './manuals.contract.ts';
import { checkReadiness, type ReadinessPorts } from './readiness.ts';

const environment = parseEnvironment(readinessContract);

const ports: ReadinessPorts = {
  records: new ManualRecords(new DynamoDBClient({}), environment.MANUALS_TABLE),
  documents: new ManualDocuments(new BedrockAgentClient(BEDROCK_AGENT_RETRIES), environment.KNOWLEDGE_BASE_ID, environment.DATA_SOURCE_ID),
  retriever: new ManualRetriever(new BedrockAgentRuntimeClient({}), environment.KNOWLEDGE_BASE_ID),
  queue: new LookQueue(new SQSClient({}), environment.READINESS_QUEUE_URL),
  onReady: ({ manual_id, created_at }) => {
    const elapsedMs = Date.now() - Date.parse(created_at);
    logger.info('a manual is ready', { manual_id, elapsed_ms: elapsedMs });
    emit({}, [MANUALS_METRICS.timeToSearchable, elapsedMs]);
  },
  onFailed: ({ manual_id }, statuses) => logger.error('a manual could not be indexed', { manual_id, statuses: [...new Set(statuses)] }),
};

/** What is left of the function's time for saying what happened. */
const MARGIN_MS = 5_000;

/** The queue hands over one message at a time. */
export const handler = async (event: SQSEvent, context: Context): Promise<void> => {
  const signal = AbortSignal.timeout(context.getRemainingTimeInMillis() - MARGIN_MS);
  for (const { body } of event.Records) await checkReadiness(ports, z.parse(ReadinessMessage, JSON.parse(body)), signal);
};
