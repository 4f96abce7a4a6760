import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { type AnswerEnding, AnswerGenerator } from '../../lambdas/query/answer-generator.ts';
import type { ModelChain } from '../../lambdas/query/model-choice.ts';
import { toProblem } from '../../lambdas/shared/problem.ts';

const text = (delta: string) => ({ contentBlockDelta: { contentBlockIndex: 1, delta: { text: delta } } });
const reasoning = { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Hm.' } } } };
const START = { messageStart: { role: 'assistant' } };
const STOP = { messageStop: { stopReason: 'end_turn' } };
const METADATA = { metadata: { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } } };

/** An error as the SDK throws it out of a stream, where there is no status. */
const inStream = (name: string, $fault = 'client') => Object.assign(new Error(name), { name, $fault });

type Said = object | Error | 'silence';

/** Bedrock, whose models say what they are told to, one call after the other. */
function bedrock(...calls: readonly (readonly Said[])[]) {
  const asked: string[] = [];
  const send = async ({ input }: { input: { modelId: string } }) => {
    const said = calls[asked.length] ?? [];
    asked.push(input.modelId);
    return {
      stream: (async function* () {
        for (const item of said) {
          if (item instanceof Error) throw item;
          if (item === 'silence') await new Promise(() => undefined);
          yield item;
        }
      })(),
    };
  };
  return { asked, client: { send } as unknown as BedrockRuntimeClient };
}

/** What an answer comes to: its pieces, and how it ended or what it failed with. */
async function hear(client: BedrockRuntimeClient, chain: ModelChain = ['claude-haiku-5-5'], signal = new AbortController().signal) {
  const answer = new AnswerGenerator(client, 800).generate({ question: 'q', passages: [] }, chain, signal);
  const pieces: string[] = [];
  try {
    for (;;) {
      const next = await answer.next();
      if (next.done) return { pieces, ending: next.value satisfies AnswerEnding };
      pieces.push(next.value);
    }
  } catch (error) {
    return { pieces, error };
  }
}

test('pieces come as the model says them; reasoning comes first, counts as a beginning, and is not passed on', async () => {
  const { client } = bedrock([START, reasoning, { contentBlockStop: {} }, text('Rinse '), text('it.'), STOP, METADATA]);
  await expect(hear(client)).resolves.toEqual({ pieces: ['', 'Rinse ', 'it.'], ending: { modelId: 'claude-haiku-5-5', end: 'complete' } });
});

test('how it ended is what the model says, and who answered what Bedrock says', async () => {
  const trace = { promptRouter: { invokedModelId: 'somebody' } };
  const { client } = bedrock([START, text('Rinse'), { messageStop: { stopReason: 'max_tokens' } }, { metadata: { trace } }]);
  await expect(hear(client)).resolves.toMatchObject({ ending: { modelId: 'somebody', end: 'cut_off' } });
});

test('a model that says nothing has come to an end all the same', async () => {
  const { client } = bedrock([START, { messageStop: { stopReason: 'refusal' } }, METADATA]);
  await expect(hear(client)).resolves.toMatchObject({ pieces: [], ending: { end: 'refused' } });
});

test('one that is throttled before its first token is passed over, though the stream had begun', async () => {
  const { client, asked } = bedrock([START, inStream('ThrottlingException')], [START, text('Rinse.'), STOP, METADATA]);
  const heard = await hear(client, ['claude-haiku-5-5', 'nova-2-lite']);
  expect(heard).toEqual({ pieces: ['Rinse.'], ending: { modelId: 'nova-2-lite', end: 'complete' } });
  expect(asked).toEqual(['eu.anthropic.claude-haiku-5-5', 'eu.amazon.nova-2-lite-v1:0']);
});

test.each([
  ['ThrottlingException', 'client', 503],
  ['ServiceUnavailableException', 'server', 503],
  ['InternalServerException', 'server', 503],
  ['ModelStreamErrorException', 'client', 502],
])('%s of the %s after the first token is nobody else’s to answer, and a %d', async (name, fault, status) => {
  const { client, asked } = bedrock([START, text('Rinse'), inStream(name, fault)], [START, text('x'), STOP]);
  const { pieces, error } = await hear(client, ['claude-haiku-5-5', 'nova-2-lite']);
  expect({ pieces, asked: asked.length, status: toProblem(error).status }).toEqual({ pieces: ['Rinse'], asked: 1, status });
});

test.each<[string, readonly Said[]]>([
  ['ends without a stop', [START, text('Rinse')]],
  ['ends before it has begun', [START]],
  ['is cut in the middle of a message', [START, text('Rinse'), new Error('Truncated event message received.')]],
])('a stream that %s is a model that broke off', async (_how, said) => {
  const { error } = await hear(bedrock(said).client);
  expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
});

test.each<[string, readonly Said[]]>([
  ['before its first token', [START, 'silence']],
  ['in the middle', [START, text('Rinse'), 'silence']],
])('a model that falls silent %s is waited for until the time is up', async (_when, said) => {
  const { client, asked } = bedrock(said, [START, text('x'), STOP]);
  const time = new AbortController();
  const heard = hear(client, ['claude-haiku-5-5', 'nova-2-lite'], time.signal);
  expect(await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 20, 'waiting'))])).toBe('waiting');
  time.abort(new DOMException('the time is up', 'TimeoutError'));
  const { error } = await heard;
  expect({ status: toProblem(error).status, asked: asked.length }).toEqual({ status: 504, asked: 1 });
});
