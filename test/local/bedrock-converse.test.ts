import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { renderPrompt } from '../../lambdas/query/prompt.contract.ts';
import { converseInput, openKnowledgeBase, type TestKnowledgeBase } from './bedrock-support.ts';

const PROMPT = renderPrompt({
  question: 'Is vinegar allowed?',
  passages: [{ number: 1, text: 'Vinegar is not allowed, since it damages the seals.' }],
});
const ANSWER = 'Vinegar is not allowed, since it damages the seals. [[1]]';

let base: TestKnowledgeBase;
let client: BedrockRuntimeClient;

beforeAll(async () => {
  base = await openKnowledgeBase();
  client = new BedrockRuntimeClient(base.door.clientConfig);
});

afterAll(async () => {
  expect(base.door.internalErrors).toEqual([]);
  client.destroy();
  await base.close();
});

test('Converse tells who answered, why it stopped and the tokens it estimates', async () => {
  const output = await client.send(
    new ConverseCommand({ ...converseInput(PROMPT), outputConfig: { effort: 'low' }, system: [{ text: 'Be brief.' }] }),
  );
  expect(output).toMatchObject({
    output: { message: { role: 'assistant', content: [{ text: ANSWER }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: Math.ceil(`Be brief.\n${PROMPT}`.length / 4.7), outputTokens: 13 },
    metrics: { latencyMs: expect.any(Number) },
    trace: { promptRouter: { invokedModelId: 'local.extractive' } },
  });
  expect(output.usage?.totalTokens).toBe((output.usage?.inputTokens ?? 0) + 13);
});

test('an answer stops at maxTokens', async () => {
  const output = await client.send(new ConverseCommand({ ...converseInput(PROMPT), inferenceConfig: { maxTokens: 5 } }));
  expect(output).toMatchObject({
    output: { message: { content: [{ text: ANSWER.slice(0, 23) }] } },
    stopReason: 'max_tokens',
    usage: { outputTokens: 5 },
  });
});

test('only the last user message is answered', async () => {
  const output = await client.send(
    new ConverseCommand({
      ...converseInput(PROMPT),
      messages: [
        { role: 'user', content: [{ text: 'Hello' }] },
        { role: 'assistant', content: [{ text: 'Hello!' }] },
        { role: 'user', content: [{ text: PROMPT }] },
      ],
    }),
  );
  expect(output.output?.message?.content).toEqual([{ text: ANSWER }]);
});

test('ConverseStream sends the same answer as events', async () => {
  const { stream } = await client.send(new ConverseStreamCommand(converseInput(PROMPT)));
  const events = [];
  for await (const event of stream ?? []) events.push(event);
  expect(events.map((event) => Object.keys(event)[0])).toEqual([
    'messageStart',
    ...Array(3).fill('contentBlockDelta'),
    'contentBlockStop',
    'messageStop',
    'metadata',
  ]);
  expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')).toBe(ANSWER);
  expect(events).toContainEqual({ messageStart: { role: 'assistant' } });
  expect(events).toContainEqual({ messageStop: { stopReason: 'end_turn' } });
  expect(events.at(-1)).toMatchObject({
    metadata: { usage: { outputTokens: 13 }, trace: { promptRouter: { invokedModelId: 'local.extractive' } } },
  });
});

describe('a model', () => {
  afterEach(() => {
    base.service.answers.msPerPart = 0;
    base.service.answers.breaksOffAfter = undefined;
  });

  test('that is slow sends each part when its time has come', async () => {
    base.service.answers.msPerPart = 60_000;
    const sent = client.send(new ConverseStreamCommand(converseInput(PROMPT)));
    expect(await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 50, 'waiting'))])).toBe('waiting');
    base.door.clock.advance(60_000);
    const texts: string[] = [];
    for await (const { contentBlockDelta } of (await sent).stream ?? []) {
      if (contentBlockDelta?.delta?.text) texts.push(contentBlockDelta.delta.text);
      await new Promise((resolve) => setTimeout(resolve, 5));
      base.door.clock.advance(60_000);
    }
    expect(texts).toHaveLength(3);
  });

  test('that breaks off says so in the stream', async () => {
    base.service.answers.breaksOffAfter = 2;
    const { stream } = await client.send(new ConverseStreamCommand(converseInput(PROMPT)));
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { contentBlockDelta } of stream ?? []) if (contentBlockDelta?.delta?.text) texts.push(contentBlockDelta.delta.text);
    })();
    await expect(reading).rejects.toMatchObject({ name: 'ModelStreamErrorException', $fault: 'client' });
    expect(texts).toHaveLength(2);
  });
});

describe('refusals', () => {
  const deprecated = (parameter: string) => `The model returned the following errors: \`${parameter}\` is deprecated for this model.`;
  const user = { role: 'user' as const, content: [{ text: PROMPT }] };

  test.each<[string, Partial<ConverseCommandInput>, string]>([
    ['temperature', { inferenceConfig: { temperature: 0 } }, deprecated('temperature')],
    ['topP', { inferenceConfig: { topP: 0.9 } }, deprecated('top_p')],
    ['topK', { additionalModelRequestFields: { top_k: 50 } }, deprecated('top_k')],
    [
      'a prefilled answer',
      { messages: [user, { role: 'assistant', content: [{ text: 'The' }] }] },
      'does not support assistant message prefill',
    ],
    ['two messages of one role', { messages: [user, user] }, 'must alternate'],
    ['a beginning by the assistant', { messages: [{ role: 'assistant', content: [{ text: 'x' }] }] }, 'must start with a user message'],
    ['a message that is no prompt', { messages: [{ role: 'user', content: [{ text: 'Hello?' }] }] }, 'in the form of renderPrompt'],
    ['no tokens at all', { inferenceConfig: { maxTokens: 0 } }, "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint"],
    [
      'more tokens than the model gives',
      { modelId: 'eu.amazon.nova-lite-v1:0', inferenceConfig: { maxTokens: 10_001 } },
      'The maximum tokens you requested exceeds the model limit of 10000. Try again with a maximum tokens value that is lower than 10000.',
    ],
    ['effort of a model that takes no such word', { modelId: 'eu.amazon.nova-lite-v1:0', outputConfig: { effort: 'low' } }, '`effort`'],
    ['a model id that is none', { modelId: 'gpt' }, 'The provided model identifier is invalid.'],
    ['a model without its inference profile', { modelId: 'anthropic.claude-haiku-5-5' }, 'with on-demand throughput isn’t supported'],
  ])('%s', async (_case, change, message) => {
    const refusal = { name: 'ValidationException', message: expect.stringContaining(message) };
    await expect(client.send(new ConverseCommand({ ...converseInput(PROMPT), ...change }))).rejects.toMatchObject(refusal);
    await expect(client.send(new ConverseStreamCommand({ ...converseInput(PROMPT), ...change }))).rejects.toMatchObject(refusal);
  });

  test.each<[string, Partial<ConverseCommandInput>]>([
    ['toolConfig', { toolConfig: { tools: [] } }],
    ['guardrailConfig', { guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }],
    ['inferenceConfig.stopSequences', { inferenceConfig: { stopSequences: ['.'] } }],
    [
      'messages.0.content.0.image',
      { messages: [{ role: 'user', content: [{ image: { format: 'png', source: { bytes: new Uint8Array(1) } } }] }] },
    ],
  ])('%s, by name', async (member, change) => {
    await expect(client.send(new ConverseCommand({ ...converseInput(PROMPT), ...change }))).rejects.toMatchObject({
      name: 'NotImplementedByLocalRuntime',
      message: expect.stringContaining(`the member ${member} of Converse`),
    });
  });

  test.each([
    'eu.amazon.nova-lite-v1:0',
    'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
    'arn:aws:bedrock:eu-west-1:000000000000:inference-profile/eu.amazon.nova-micro-v1:0',
  ])('no sampling parameter of a model that takes them: %s', async (modelId) => {
    const output = await client.send(
      new ConverseCommand({ ...converseInput(PROMPT), modelId, inferenceConfig: { temperature: 0.2, topP: 0.9 } }),
    );
    expect(output.output?.message?.content).toEqual([{ text: ANSWER }]);
  });
});
