import { Readable } from 'node:stream';
import type { Clock } from '../platform/clock.ts';
import { RestJsonReply, type RestJsonRoute } from '../platform/rest-json-protocol.ts';
import type { Answerer, AnswerPart } from './answerer.ts';
import { converseEvents } from './converse-events.ts';
import { readConverseRequest } from './converse-request.ts';
import { estimateTokens } from './tokens.ts';

interface Conversation {
  readonly parts: AsyncIterable<AnswerPart>;
  /** What both operations tell about the call once it has ended. */
  accountOf(ending: Extract<AnswerPart, { kind: 'end' }>): object;
}

/** Converse and ConverseStream, answered by whoever answers on this machine. */
export function converseRoutes(clock: Clock, answerer: Answerer): readonly RestJsonRoute[] {
  return [
    {
      operation: 'Converse',
      method: 'POST',
      path: '/model/{modelId}/converse',
      handle: async (input, labels) => {
        const { parts, accountOf } = await converse(input, labels['modelId'] ?? '', 'Converse', clock, answerer);
        const said = { text: '', reasoning: '' };
        for await (const part of parts) {
          if (part.kind === 'end') {
            return { output: { message: { role: 'assistant', content: blocksOf(said) } }, stopReason: part.stopReason, ...accountOf(part) };
          }
          said[part.kind] += part.text;
        }
        throw new Error(`${answerer.name} came to no end`);
      },
    },
    {
      operation: 'ConverseStream',
      method: 'POST',
      path: '/model/{modelId}/converse-stream',
      handle: async (input, labels) => {
        const { parts, accountOf } = await converse(input, labels['modelId'] ?? '', 'ConverseStream', clock, answerer);
        return new RestJsonReply({
          status: 200,
          headers: { 'content-type': 'application/vnd.amazon.eventstream' },
          body: Readable.from(converseEvents(parts, accountOf)),
        });
      },
    },
  ];
}

/** Begins an answer. What is refused before its first part is refused here, so that it is an error of the call. */
async function converse(input: unknown, modelId: string, operation: string, clock: Clock, answerer: Answerer): Promise<Conversation> {
  const startedAt = clock.now();
  const request = readConverseRequest(input, modelId, operation);
  const rest = answerer.answer(request)[Symbol.asyncIterator]();
  const first = await rest.next();
  let said = '';
  const parts = async function* () {
    try {
      for (let next = first; !next.done; next = await rest.next()) {
        if (next.value.kind !== 'end') said += next.value.text;
        yield next.value;
      }
    } finally {
      await rest.return?.();
    }
  };
  return {
    parts: parts(),
    accountOf: ({ usage }) => {
      const { inputTokens, outputTokens } = usage ?? { inputTokens: estimateTokens(request.input), outputTokens: estimateTokens(said) };
      return {
        usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
        metrics: { latencyMs: clock.now() - startedAt },
        trace: { promptRouter: { invokedModelId: answerer.name } },
      };
    },
  };
}

/** Reasoning comes first, as with the models that reason. */
function blocksOf({ text, reasoning }: { readonly text: string; readonly reasoning: string }): object[] {
  return [...(reasoning === '' ? [] : [{ reasoningContent: { reasoningText: { text: reasoning } } }]), ...(text === '' ? [] : [{ text }])];
}
