import { Readable } from 'node:stream';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { parsePrompt } from '../../lambdas/query/prompt.contract.ts';
import type { Clock } from '../platform/clock.ts';
import { RestJsonReply, type RestJsonRoute } from '../platform/rest-json-protocol.ts';
import { readConverseRequest } from './converse-request.ts';
import { answerExtractively } from './extractive-answerer.ts';
import { invalid } from './request.ts';
import { CHARACTERS_PER_TOKEN, estimateTokens } from './tokens.ts';

/** The maker of every local answer, told where AWS tells which model a prompt router chose. */
const LOCAL_ANSWERER = 'local.extractive';
/** A delta of a stream carries about this many words. */
const WORDS_PER_DELTA = 4;

const CODEC = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
);

interface Reply {
  readonly text: string;
  readonly stopReason: 'end_turn' | 'max_tokens';
  /** What both operations tell about the call; the tokens are estimated. */
  readonly account: object;
}

/** Converse and ConverseStream, answered by quoting the passages of the prompt. */
export function converseRoutes(clock: Clock): readonly RestJsonRoute[] {
  return [
    {
      operation: 'Converse',
      method: 'POST',
      path: '/model/{modelId}/converse',
      handle: async (input, labels) => {
        const { text, stopReason, account } = converse(input, labels['modelId'] ?? '', 'Converse', clock);
        return { output: { message: { role: 'assistant', content: [{ text }] } }, stopReason, ...account };
      },
    },
    {
      operation: 'ConverseStream',
      method: 'POST',
      path: '/model/{modelId}/converse-stream',
      handle: async (input, labels) => {
        const reply = converse(input, labels['modelId'] ?? '', 'ConverseStream', clock);
        return new RestJsonReply({
          status: 200,
          headers: { 'content-type': 'application/vnd.amazon.eventstream' },
          body: Readable.from(streamEvents(reply)),
        });
      },
    },
  ];
}

function converse(input: unknown, modelId: string, operation: string, clock: Clock): Reply {
  const startedAt = clock.now();
  const request = readConverseRequest(input, modelId, operation);
  const prompt = parsePrompt(request.message);
  if (!prompt) {
    throw invalid(
      'The local answerer quotes passages, and the last user message holds no question and passages in the form of renderPrompt.',
    );
  }
  const answer = answerExtractively(prompt);
  const text = truncate(answer, request.maxTokens);
  const inputTokens = estimateTokens(request.input);
  const outputTokens = estimateTokens(text);
  return {
    text,
    stopReason: text === answer ? 'end_turn' : 'max_tokens',
    account: {
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs: clock.now() - startedAt },
      trace: { promptRouter: { invokedModelId: LOCAL_ANSWERER } },
    },
  };
}

/** Cuts a text to a number of tokens, in the middle of a sentence as a model would stop. */
function truncate(text: string, maxTokens: number): string {
  return estimateTokens(text) <= maxTokens ? text : text.slice(0, Math.floor(maxTokens * CHARACTERS_PER_TOKEN));
}

function* streamEvents({ text, stopReason, account }: Reply): Generator<Uint8Array> {
  yield frame('messageStart', { role: 'assistant' });
  for (const delta of text.match(new RegExp(`(\\S+\\s*){1,${WORDS_PER_DELTA}}`, 'g')) ?? []) {
    yield frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: delta } });
  }
  yield frame('contentBlockStop', { contentBlockIndex: 0 });
  yield frame('messageStop', { stopReason });
  yield frame('metadata', account);
}

/** An event in AWS's framing (https://smithy.io/2.0/aws/amazon-eventstream.html). */
function frame(event: string, document: object): Uint8Array {
  return CODEC.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: event },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: Buffer.from(JSON.stringify(document), 'utf8'),
  });
}
