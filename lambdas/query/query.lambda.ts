import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseEnvironment } from '../shared/environment.ts';
import { openRequestGuard } from '../shared/guard/open-request-guard.ts';
import { ManualRetriever } from '../shared/manual-retriever.ts';
import { logger } from '../shared/observability.ts';
import { streamingApiHandler } from '../shared/streaming-api-handler.ts';
import { openSpendGate } from '../spend/open-spend-gate.ts';
import { UsageLedger } from '../usage/usage-ledger.ts';
import { AnswerGenerator } from './answer-generator.ts';
import { queryContract } from './query.contract.ts';
import { answerQuestion, type QueryPorts } from './query.ts';

const environment = parseEnvironment(queryContract);

const dynamodb = new DynamoDBClient({});
const gate = openSpendGate(dynamodb, environment.SPEND_TABLE);
const ports: QueryPorts = {
  ledger: new UsageLedger(dynamodb, environment.USAGE_TABLE, {
    daily: environment.DAILY_QUOTA,
    monthly: environment.MONTHLY_QUOTA,
  }),
  retriever: new ManualRetriever(new BedrockAgentRuntimeClient({}), environment.KNOWLEDGE_BASE_ID),
  models: { default: environment.DEFAULT_MODEL, allowed: environment.ALLOWED_MODELS, fallback: environment.FALLBACK_MODELS },
  // Two attempts at a model, since behind it waits another one.
  generator: new AnswerGenerator(new BedrockRuntimeClient({ maxAttempts: 2 }), environment.MAX_ANSWER_TOKENS),
  spend: gate,
  onLedgerFailure: (error) => logger.error('a reservation could not be closed', { error }),
};

export const handler = streamingApiHandler(queryContract, environment, openRequestGuard(dynamodb, environment), {
  ask: ({ caller, body, ...request }) => gate.guardEach(() => answerQuestion(ports, caller, body, request)),
});
