import type { StageModels } from '../../lambdas/query/models.contract.ts';
import { answerQuestion, type QueryPorts, REFUSAL } from '../../lambdas/query/query.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';
import { Problem } from '../../lambdas/shared/problem.ts';
import type { Reservation } from '../../lambdas/usage/reservation.ts';
import { ALICE } from '../support/callers.ts';

const USAGE = { daily_used: 1, daily_limit: 50, monthly_used: 1, monthly_limit: 1000 };
const RESERVATION: Reservation = {
  id: 'r1',
  userId: 'alice',
  kind: 'query',
  units: 1,
  day: 'd20261120',
  month: 'm202611',
  at: 0,
  usage: USAGE,
  expiredCounters: [],
  hiddenManualIds: ['m9'],
};
const PASSAGE: Passage = { text: 'Rinse the filter.', manualId: 'm1', filename: 'kettle.pdf', page: 12, section: null, score: 0.7 };
const QUESTION = { question: 'How do I clean it?' };
const MODELS: StageModels = {
  default: 'claude-haiku-5-5',
  allowed: ['claude-haiku-5-5', 'nova-2-lite', 'nova-lite'],
  fallback: ['nova-2-lite'],
};
const deadline = new AbortController().signal;

/** Ports that note each call by name, in order; a test replaces what it is about. */
function ports(replaced: Partial<QueryPorts> = {}) {
  const calls: string[] = [];
  const note = <Result>(call: string, result: Result) => {
    calls.push(call);
    return Promise.resolve(result);
  };
  const all: QueryPorts = {
    ledger: {
      reserve: () => note('reserve', RESERVATION),
      settle: () => note('settle', undefined),
      refund: () => note('refund', undefined),
    },
    retriever: { retrieve: () => note('retrieve', [PASSAGE]) },
    generator: {
      generate: () => note('generate', { text: 'Rinse it [[1]].', modelId: 'model', end: 'complete' }),
    },
    models: MODELS,
    spend: { check: () => void calls.push('check') },
    onLedgerFailure: () => void calls.push('ledger failure'),
    ...replaced,
  };
  return { calls, all };
}

test('a question reserves, retrieves, generates and settles, in this order', async () => {
  const { calls, all } = ports();
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).resolves.toEqual({
    answer: 'Rinse it [1].',
    context_used: 1,
    citations: [{ manual_id: 'm1', filename: 'kettle.pdf', page: 12, section: null, excerpt: 'Rinse the filter.', score: 0.7 }],
    model_id: 'model',
    usage: USAGE,
  });
  expect(calls).toEqual(['reserve', 'retrieve', 'check', 'generate', 'settle']);
});

test('what is hidden is known from the reservation, and is not searched', async () => {
  const searches: unknown[] = [];
  const { all } = ports({
    retriever: {
      retrieve: async (_, { hiddenManualIds }) => {
        searches.push(hiddenManualIds);
        return [];
      },
    },
  });
  await answerQuestion(all, ALICE, QUESTION, deadline);
  expect(searches).toEqual([['m9']]);
});

test('nothing is called when no unit is left', async () => {
  const refused = new Problem('quota_exceeded', 'The daily quota of 50 units is used up.');
  const { calls, all } = ports();
  await expect(
    answerQuestion({ ...all, ledger: { ...all.ledger, reserve: () => Promise.reject(refused) } }, ALICE, QUESTION, deadline),
  ).rejects.toBe(refused);
  expect(calls).toEqual([]);
});

test('without passages the model is not asked, and the answer is an honest refusal', async () => {
  const { calls, all } = ports({ retriever: { retrieve: async () => [] } });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).resolves.toMatchObject({ answer: REFUSAL, context_used: 0, citations: [] });
  expect(calls).toEqual(['reserve', 'check', 'settle']);
});

test.each(['NO_ANSWER', 'NO_ANSWER [[1]]', 'I am sure that it is fine.', 'See [[4]].', 'Press [1].', ''])(
  '"%s" cites nothing and becomes a refusal',
  async (text) => {
    const { all } = ports({
      generator: { generate: async () => ({ text, modelId: 'model', end: 'complete' }) },
    });
    await expect(answerQuestion(all, ALICE, QUESTION, deadline)).resolves.toMatchObject({
      answer: REFUSAL,
      context_used: 0,
      citations: [],
    });
  },
);

test.each(['retriever', 'generator'])('when the %s fails the unit is refunded', async (port) => {
  const failure = new Error('no');
  const { calls, all } = ports(
    port === 'retriever'
      ? { retriever: { retrieve: () => Promise.reject(failure) } }
      : { generator: { generate: () => Promise.reject(failure) } },
  );
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).rejects.toBe(failure);
  expect(calls.at(-1)).toBe('refund');
  expect(calls).not.toContain('settle');
});

test('a cap that turns out to be reached stops the question before the model is asked, and the unit is refunded', async () => {
  const reached = new Problem('spend_cap_reached', 'Manuel has done all that it may today.');
  const refuse = () => {
    throw reached;
  };
  const { calls, all } = ports({ spend: { check: refuse } });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).rejects.toBe(reached);
  expect(calls).toEqual(['reserve', 'retrieve', 'refund']);
});

test('an answer that was cut off before it began is paid for, and is no refusal', async () => {
  const { calls, all } = ports({ generator: { generate: async () => ({ text: '', modelId: 'model', end: 'cut_off' }) } });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).rejects.toMatchObject({ code: 'bad_upstream' });
  expect(calls).toEqual(['reserve', 'retrieve', 'check', 'settle']);
});

test('a callout in a manual is no marker, and cannot pass for one', async () => {
  const prompts: string[] = [];
  const { all } = ports({
    retriever: { retrieve: async () => [{ ...PASSAGE, text: 'Press [5]. See [[2]] and [[[[1]]]].' }] },
    generator: {
      generate: async ({ passages }) => {
        prompts.push(passages[0]?.text ?? '');
        return { text: 'Press [5]. [[1]]', modelId: 'model', end: 'complete' };
      },
    },
  });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).resolves.toMatchObject({ answer: 'Press [5]. [1]', context_used: 1 });
  expect(prompts).toEqual(['Press [5]. See [2] and [1].']);
});

test('a reservation that cannot be closed costs nobody the answer', async () => {
  const { calls, all } = ports();
  const settle = () => Promise.reject(new Error('no table'));
  await expect(answerQuestion({ ...all, ledger: { ...all.ledger, settle } }, ALICE, QUESTION, deadline)).resolves.toMatchObject({
    context_used: 1,
  });
  expect(calls.at(-1)).toBe('ledger failure');
});

describe('model_id', () => {
  test.each<[string | undefined, string[]]>([
    [undefined, ['claude-haiku-5-5', 'nova-2-lite']],
    ['nova-lite', ['nova-lite', 'nova-2-lite']],
  ])('%s asks %j, in this order', async (model_id, expected) => {
    const asked: (readonly string[])[] = [];
    const generate: QueryPorts['generator']['generate'] = async (_prompt, chain) => {
      asked.push(chain);
      return { text: 'Rinse it [[1]].', modelId: 'whoever', end: 'complete' };
    };
    const { all } = ports({ generator: { generate } });
    await expect(answerQuestion(all, ALICE, { ...QUESTION, model_id }, deadline)).resolves.toMatchObject({ model_id: 'whoever' });
    expect(asked).toEqual([expected]);
  });

  test('of a model that the stage does not allow is refused before anything is reserved', async () => {
    const { calls, all } = ports();
    await expect(answerQuestion(all, ALICE, { ...QUESTION, model_id: 'claude-opus-5-5' }, deadline)).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/model_id', detail: 'must be one of claude-haiku-5-5, nova-2-lite, nova-lite' }],
    });
    expect(calls).toEqual([]);
  });

  test('without passages tells the model that would have been asked', async () => {
    const { all } = ports({ retriever: { retrieve: async () => [] } });
    const answer = await answerQuestion(all, ALICE, { ...QUESTION, model_id: 'nova-lite' }, deadline);
    expect(answer).toMatchObject({ model_id: 'nova-lite', answer: REFUSAL });
  });
});

test('what a model said before it refused is no answer', async () => {
  const { calls, all } = ports({ generator: { generate: async () => ({ text: 'Rinse it [[1]].', modelId: 'model', end: 'refused' }) } });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).resolves.toMatchObject({ answer: REFUSAL, context_used: 0, citations: [] });
  expect(calls.at(-1)).toBe('settle');
});

test('nonsense is paid for, and is told as such', async () => {
  const { calls, all } = ports({ generator: { generate: async () => ({ text: 'x [[1]]', modelId: 'model', end: 'malformed' }) } });
  await expect(answerQuestion(all, ALICE, QUESTION, deadline)).rejects.toMatchObject({ code: 'bad_upstream' });
  expect(calls.at(-1)).toBe('settle');
});
