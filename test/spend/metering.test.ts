import type { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { DescribedManual } from '../../lambdas/manuals/manual.ts';
import { ManualDocuments } from '../../lambdas/manuals/manual-documents.ts';
import { AnswerGenerator } from '../../lambdas/query/answer-generator.ts';
import { TEXT_MODELS, textModelOf } from '../../lambdas/query/models.contract.ts';

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

const DIMENSIONS = { Dimensions: ['Model', 'Operation', 'service'], service: expect.any(String) };

test.each([
  ['eu.anthropic.claude-haiku-5-5', 0.11 + 0.055],
  ['eu.anthropic.claude-opus-5-5', 4.4 + 2.2],
])('an answer of %s is metered by what the model read and what it wrote, each at its price', async (modelId, dollars) => {
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000, totalTokens: 1_100_000 };
  const client = { send: async () => ({ usage, output: { message: { content: [{ text: 'x' }] } } }) } as unknown as BedrockRuntimeClient;
  const { dollarsPerMillionTokens } = textModelOf(modelId);
  const generator = new AnswerGenerator(client, { modelId, effort: 'low', maxAnswerTokens: 800, dollarsPerMillionTokens });
  const costs = await costsOf(() => generator.generate({ question: 'q', passages: [] }, new AbortController().signal));
  expect(costs).toEqual([{ ...DIMENSIONS, Operation: 'Answer', Model: modelId, dollars: expect.closeTo(dollars, 9) }]);
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

test('a profile that is none of ours has no price', () => {
  expect(Object.keys(TEXT_MODELS).length).toBeGreaterThan(1);
  expect(() => textModelOf('eu.someone.else')).toThrow('There is no model with the profile eu.someone.else.');
});
