import { readFileSync } from 'node:fs';
import { converseInput } from '../../lambdas/query/converse-input.ts';
import { PRICES_AS_OF, TEXT_MODEL_NAMES, textModel } from '../../lambdas/query/models.contract.ts';
import type { Prompt } from '../../lambdas/query/prompt.contract.ts';
import { QueryRequest } from '../../lambdas/query/query.contract.ts';
import { answerEnd } from '../../lambdas/query/stop-reason.ts';
import { validate } from '../../lambdas/shared/validation.ts';

const PROMPT: Prompt = { question: 'How?', passages: [{ number: 1, text: 'Rinse it.' }] };

describe('the catalogue', () => {
  test.each(TEXT_MODEL_NAMES)('%s routes within Europe, to its own model, at a price', (name) => {
    const { profileId, foundationModel, dollarsPerMillionTokens, contextTokens, maxOutputTokens } = textModel(name);
    expect(profileId).toBe(`eu.${foundationModel}`);
    expect(dollarsPerMillionTokens.input).toBeGreaterThan(0);
    expect(dollarsPerMillionTokens.output).toBeGreaterThan(dollarsPerMillionTokens.input);
    expect(maxOutputTokens).toBeLessThan(contextTokens);
  });

  test('is what the docs say, with the date of its prices', () => {
    const decisions = readFileSync(new URL('../../docs/decisions.md', import.meta.url), 'utf8').replace(/ +\|/g, ' |');
    expect(decisions).toContain(`as of ${PRICES_AS_OF}`);
    for (const name of TEXT_MODEL_NAMES) {
      const { profileId, contextTokens, dollarsPerMillionTokens: price, takesSampling, reasonsFirst } = textModel(name);
      const behaviour = [...(takesSampling ? [] : ['no sampling, no prefill']), ...(reasonsFirst ? ['may reason first, may refuse'] : [])];
      const cells = [
        `\`${name}\``,
        `\`${profileId}\``,
        `${contextTokens / 1000}K`,
        price.input,
        price.output,
        behaviour.join('; ') || 'takes both',
      ];
      expect(decisions).toContain(`| ${cells.join(' | ')} |`);
    }
  });
});

describe('what Converse is asked', () => {
  test.each(TEXT_MODEL_NAMES)('of %s holds nothing that it refuses', (name) => {
    const { modelId, inferenceConfig, outputConfig, messages = [] } = converseInput(textModel(name), PROMPT, 800);
    expect(modelId).toBe(textModel(name).profileId);
    expect(inferenceConfig).toEqual({ maxTokens: 800 });
    expect(messages.map(({ role }) => role)).toEqual(['user']);
    expect(outputConfig).toEqual(name.startsWith('claude') ? { effort: 'low' } : undefined);
  });

  const small = (contextTokens: number) => ({ ...textModel('nova-lite'), contextTokens });
  const promptBytes = (() => {
    const { system = [], messages = [] } = converseInput(textModel('nova-lite'), PROMPT, 800);
    return Buffer.byteLength(`${system[0]?.text}${messages[0]?.content?.[0]?.text}`);
  })();

  test('asks for as many tokens as there is room for, and as the model gives', () => {
    expect(converseInput(small(promptBytes + 300), PROMPT, 800).inferenceConfig).toEqual({ maxTokens: 300 });
    expect(converseInput(small(promptBytes + 900), PROMPT, 800).inferenceConfig).toEqual({ maxTokens: 800 });
    expect(converseInput(textModel('nova-lite'), PROMPT, 20_000).inferenceConfig).toEqual({ maxTokens: 10_000 });
  });

  test('counts a character of another script as what it may take', () => {
    const wide = { ...PROMPT, question: '水垢の除去' };
    const growth = Buffer.byteLength('水垢の除去') - Buffer.byteLength('How?');
    expect(converseInput(small(promptBytes + 300), wide, 800).inferenceConfig).toEqual({ maxTokens: 300 - growth });
  });

  test('is nothing where no room is left', () => {
    expect(() => converseInput(small(promptBytes), PROMPT, 800)).toThrow(
      `A prompt of ${promptBytes} bytes leaves no room for an answer in the ${promptBytes} tokens of eu.amazon.nova-lite-v1:0.`,
    );
  });
});

test.each([
  ['end_turn', 'complete'],
  ['stop_sequence', 'complete'],
  ['something_new', 'complete'],
  [undefined, 'complete'],
  ['max_tokens', 'cut_off'],
  ['model_context_window_exceeded', 'cut_off'],
  ['refusal', 'refused'],
  ['content_filtered', 'refused'],
  ['guardrail_intervened', 'refused'],
  ['malformed_model_output', 'malformed'],
  ['tool_use', 'malformed'],
])('a model that stops with %s has come to an end that is %s', (stopReason, end) => {
  expect(answerEnd(stopReason)).toBe(end);
});

describe('a question', () => {
  const ask = (question: string) => validate(QueryRequest, { question }).question;

  test.each([
    ['letters', 'x'],
    ['emoji, of two UTF-16 units each', '🔧'],
    ['letters of an old script', '𐎠'],
    ['ideographs, of three bytes each', '水'],
  ])('may have a thousand %s, and no more', (_what, character) => {
    expect(ask(character.repeat(1000))).toBe(character.repeat(1000));
    expect(() => ask(character.repeat(1001))).toThrow('/question: must have 1 to 1000 characters');
  });

  test('counts each mark and each part of an emoji, as AWS does', () => {
    expect(ask('e\u0301'.repeat(500))).toHaveLength(1000);
    expect(() => ask('e\u0301'.repeat(501))).toThrow('characters');
    // A family of three: five code points, eight UTF-16 units.
    expect(ask('👩‍👩‍👧'.repeat(200))).toHaveLength(1600);
    expect(() => ask('👩‍👩‍👧'.repeat(201))).toThrow('characters');
  });

  test('is measured without the space around it', () => {
    expect(ask(`  ${'x'.repeat(1000)}\n`)).toHaveLength(1000);
    for (const nothing of ['', ' \n\t', '\u3000']) expect(() => ask(nothing)).toThrow('characters');
  });
});
