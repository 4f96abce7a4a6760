import type { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { DescribedManual } from '../../lambdas/manuals/manual.ts';
import type { AnswerEnding } from '../../lambdas/query/answer-generator.ts';
import type { TextModelName } from '../../lambdas/query/models.contract.ts';

// Metrics are emitted or not as it is when they are loaded.
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
vi.resetModules();
const { ManualDocuments } = await import('../../lambdas/manuals/manual-documents.ts');
const { AnswerGenerator } = await import('../../lambdas/query/answer-generator.ts');

afterAll(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** What is printed as embedded metrics while something is done. */
async function costsOf(work: () => Promise<unknown>) {
  const lines: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (chunk) => {
    lines.push(String(chunk));
    return true;
  };
  try {
    await work();
  } finally {
    process.stdout.write = write;
  }
  const documents = lines.filter((line) => line.includes('"EstimatedCost"')).map((line) => JSON.parse(line));
  return documents.map(({ _aws, service, Operation, Model, EstimatedCost }) => ({
    Dimensions: _aws.CloudWatchMetrics[0].Dimensions[0].toSorted(),
    Operation,
    Model,
    dollars: EstimatedCost,
    service,
  }));
}

/** An answer of Converse, as far as it is metered. */
const streaming = (usage: object) => ({
  stream: (async function* () {
    yield { contentBlockDelta: { delta: { text: 'x' } } };
    yield { messageStop: { stopReason: 'end_turn' } };
    yield { metadata: { usage } };
  })(),
});

/** Lets an answer come to its end. */
async function endOf(answer: AsyncGenerator<string, AnswerEnding>): Promise<AnswerEnding> {
  for (;;) {
    const next = await answer.next();
    if (next.done) return next.value;
  }
}

const DIMENSIONS = { Dimensions: ['Model', 'Operation', 'service'], service: expect.any(String) };

test.each<[TextModelName, number, number]>([
  ['claude-haiku-5-5', 100_000, 0.011 + 0.055],
  ['claude-haiku-5-5', 1_000_000, 0.55 + 0.275],
  ['claude-opus-5-5', 1_000_000, 4.4 + 2.2],
  ['nova-lite', 1_000_000, 0.069 + 0.0276],
])('an answer of %s to %d tokens is metered by what it read and what it wrote, each at its price', async (model, inputTokens, dollars) => {
  const usage = { inputTokens, outputTokens: 100_000, totalTokens: inputTokens + 100_000 };
  const client = { send: async () => streaming(usage) } as unknown as BedrockRuntimeClient;
  const generator = new AnswerGenerator(client, 800);
  const costs = await costsOf(() => endOf(generator.generate({ question: 'q', passages: [] }, [model], new AbortController().signal)));
  expect(costs).toEqual([{ ...DIMENSIONS, Operation: 'Answer', Model: model, dollars: expect.closeTo(dollars, 9) }]);
});

test('only the model that answered is metered, at its own price and under its own name', async () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 };
  const asked: unknown[] = [];
  const client = {
    send: async ({ input }: { input: { modelId: string } }) => {
      asked.push(input.modelId);
      if (asked.length === 1) throw Object.assign(new Error('Too many tokens'), { name: 'ThrottlingException' });
      return streaming(usage);
    },
  } as unknown as BedrockRuntimeClient;
  const { signal } = new AbortController();
  const generator = new AnswerGenerator(client, 800);
  const costs = await costsOf(async () => {
    const answer = await endOf(generator.generate({ question: 'q', passages: [] }, ['claude-haiku-5-5', 'nova-2-lite'], signal));
    expect(answer.modelId).toBe('nova-2-lite');
  });
  expect(asked).toEqual(['eu.anthropic.claude-haiku-5-5', 'eu.amazon.nova-2-lite-v1:0']);
  expect(costs).toEqual([{ ...DIMENSIONS, Operation: 'Answer', Model: 'nova-2-lite', dollars: expect.closeTo(0.374, 9) }]);
});

test('pages are metered as they are handed over, by their characters and what overlaps', async () => {
  let calls = 0;
  const client = {
    send: async () => {
      calls += 1;
      if (calls === 2) throw new Error('no more');
    },
  } as unknown as BedrockAgentClient;
  const manual = { user_id: 'u', manual_id: 'm', filename: 'f', content_type: 'text/plain', created_at: '' } as DescribedManual;
  // Ten pages go with the first call, of a million characters together; the eleventh fails.
  const pages = Array.from({ length: 11 }, (_, index) => ({ number: index + 1, section: null, text: 'x'.repeat(100_000) }));
  const costs = await costsOf(() => new ManualDocuments(client, 'kb', 'source').ingest(manual, pages).catch(() => undefined));
  const dollars = expect.closeTo(0.25 * 1.2 * 0.02, 9);
  expect(costs).toEqual([{ ...DIMENSIONS, Operation: 'Ingest', Model: 'amazon.titan-embed-text-v2:0', dollars }]);
});
