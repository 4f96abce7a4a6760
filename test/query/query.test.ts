import type { AnswerEnding } from '../../lambdas/query/answer-generator.ts';
import type { StageModels } from '../../lambdas/query/models.contract.ts';
import type { QueryRequest } from '../../lambdas/query/query.contract.ts';
import { answerQuestion, type QueryPorts, REFUSAL } from '../../lambdas/query/query.ts';
import { UNDER_WAY, wholeOf } from '../../lambdas/shared/event-stream.ts';
import type { Passage } from '../../lambdas/shared/manual-retriever.ts';
import { Problem } from '../../lambdas/shared/problem.ts';
import type { Reservation } from '../../lambdas/usage/reservation.ts';
import { ADMITTED, ALICE } from '../support/callers.ts';

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
const CIRCUMSTANCES = { admission: ADMITTED, deadline: new AbortController().signal };

/** A model that says this, piece by piece, or fails. */
async function* saying(pieces: readonly (string | Error)[], ending: Partial<AnswerEnding> = {}): AsyncGenerator<string, AnswerEnding> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
  return { modelId: 'model', end: 'complete', ...ending };
}

const says = (text: string, ending?: Partial<AnswerEnding>) => ({ generator: { generate: () => saying([text], ending) } });

const ask = (all: QueryPorts, request: QueryRequest = QUESTION) => wholeOf(answerQuestion(all, ALICE, request, CIRCUMSTANCES));

/** What a client of events is told: each event, and how it went on. */
async function told(all: QueryPorts): Promise<unknown[]> {
  const items: unknown[] = [];
  try {
    for await (const item of answerQuestion(all, ALICE, QUESTION, CIRCUMSTANCES)) items.push(item);
  } catch (error) {
    items.push(error);
  }
  return items;
}

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
      generate: () => {
        calls.push('generate');
        return saying(['Rinse it [[1]].']);
      },
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
  await expect(ask(all)).resolves.toEqual({
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
  await ask(all);
  expect(searches).toEqual([['m9']]);
});

describe('a network that has made too many requests', () => {
  const refused = new Problem('rate_limited', 'Too many.');

  test('gets no answer, pays nothing, and no model is asked; what it is counted by goes on beside the search', async () => {
    const { calls, all } = ports();
    const counted = Promise.withResolvers<undefined>();
    counted.promise.catch(() => undefined);
    const retriever: QueryPorts['retriever'] = {
      retrieve: async () => {
        calls.push('retrieve');
        counted.reject(refused);
        return [PASSAGE];
      },
    };
    const admission = { ...ADMITTED, granted: () => counted.promise };
    const answer = answerQuestion({ ...all, retriever }, ALICE, QUESTION, { ...CIRCUMSTANCES, admission });
    await expect(answer.next()).rejects.toBe(refused);
    expect(calls).toEqual(['reserve', 'retrieve', 'refund']);
  });
});

test('the reservation is told how many requests a minute has', async () => {
  const asked: unknown[] = [];
  const { all } = ports();
  const reserve: QueryPorts['ledger']['reserve'] = async (...args) => {
    asked.push(args);
    return RESERVATION;
  };
  await ask({ ...all, ledger: { ...all.ledger, reserve } });
  expect(asked).toEqual([[ALICE, 'query', 1, { requestsPerMinute: 100 }]]);
});

test('nothing is called when no unit is left', async () => {
  const refused = new Problem('quota_exceeded', 'The daily quota of 50 units is used up.');
  const { calls, all } = ports();
  await expect(ask({ ...all, ledger: { ...all.ledger, reserve: () => Promise.reject(refused) } })).rejects.toBe(refused);
  expect(calls).toEqual([]);
});

test('without passages the model is not asked, and the answer is an honest refusal', async () => {
  const { calls, all } = ports({ retriever: { retrieve: async () => [] } });
  await expect(ask(all)).resolves.toMatchObject({ answer: REFUSAL, context_used: 0, citations: [] });
  expect(calls).toEqual(['reserve', 'check', 'settle']);
});

test.each(['NO_ANSWER', 'NO_ANSWER [[1]]', 'I am sure that it is fine.', 'See [[4]].', 'Press [1].', ''])(
  '"%s" cites nothing and becomes a refusal',
  async (text) => {
    const { all } = ports(says(text));
    await expect(ask(all)).resolves.toMatchObject({
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
      : { generator: { generate: () => saying([failure]) } },
  );
  await expect(ask(all)).rejects.toBe(failure);
  expect(calls.at(-1)).toBe('refund');
  expect(calls).not.toContain('settle');
});

test('a cap that turns out to be reached stops the question before the model is asked, and the unit is refunded', async () => {
  const reached = new Problem('spend_cap_reached', 'Manuel has done all that it may today.');
  const refuse = () => {
    throw reached;
  };
  const { calls, all } = ports({ spend: { check: refuse } });
  await expect(ask(all)).rejects.toBe(reached);
  expect(calls).toEqual(['reserve', 'retrieve', 'refund']);
});

test('an answer that was cut off before it began is paid for, and is no refusal', async () => {
  const { calls, all } = ports(says('', { end: 'cut_off' }));
  await expect(ask(all)).rejects.toMatchObject({ code: 'bad_upstream' });
  expect(calls).toEqual(['reserve', 'retrieve', 'check', 'settle']);
});

test('a callout in a manual is no marker, and cannot pass for one', async () => {
  const prompts: string[] = [];
  const { all } = ports({
    retriever: { retrieve: async () => [{ ...PASSAGE, text: 'Press [5]. See [[2]] and [[[[1]]]].' }] },
    generator: {
      generate: ({ passages }) => {
        prompts.push(passages[0]?.text ?? '');
        return saying(['Press [5]. [[1]]']);
      },
    },
  });
  await expect(ask(all)).resolves.toMatchObject({ answer: 'Press [5]. [1]', context_used: 1 });
  expect(prompts).toEqual(['Press [5]. See [2] and [1].']);
});

test('a reservation that cannot be closed costs nobody the answer', async () => {
  const { calls, all } = ports();
  const settle = () => Promise.reject(new Error('no table'));
  await expect(ask({ ...all, ledger: { ...all.ledger, settle } })).resolves.toMatchObject({
    context_used: 1,
  });
  expect(calls.at(-1)).toBe('ledger failure');
});

describe('model_id', () => {
  test.each<[string | undefined, string[]]>([
    [undefined, ['claude-haiku-5-5', 'nova-2-lite']],
    ['nova-lite', ['nova-lite', 'nova-2-lite']],
    ['nova-2-lite', ['nova-2-lite']],
  ])('%s asks %j, in this order', async (model_id, expected) => {
    const asked: (readonly string[])[] = [];
    const generate: QueryPorts['generator']['generate'] = (_prompt, chain) => {
      asked.push(chain);
      return saying(['Rinse it [[1]].'], { modelId: 'whoever' });
    };
    const { all } = ports({ generator: { generate } });
    await expect(ask(all, { ...QUESTION, model_id })).resolves.toMatchObject({ model_id: 'whoever' });
    expect(asked).toEqual([expected]);
  });

  test('of a model that the stage does not allow is refused before anything is reserved', async () => {
    const { calls, all } = ports();
    await expect(ask(all, { ...QUESTION, model_id: 'claude-opus-5-5' })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/model_id', detail: 'must be one of claude-haiku-5-5, nova-2-lite, nova-lite' }],
    });
    expect(calls).toEqual([]);
  });

  test('without passages tells the model that would have been asked', async () => {
    const { all } = ports({ retriever: { retrieve: async () => [] } });
    const answer = await ask(all, { ...QUESTION, model_id: 'nova-lite' });
    expect(answer).toMatchObject({ model_id: 'nova-lite', answer: REFUSAL });
  });
});

test('what a model said before it refused is no answer', async () => {
  const { calls, all } = ports(says('Rinse it [[1]].', { end: 'refused' }));
  await expect(ask(all)).resolves.toMatchObject({ answer: REFUSAL, context_used: 0, citations: [] });
  expect(calls.at(-1)).toBe('settle');
});

test('nonsense is paid for, and is told as such', async () => {
  const { calls, all } = ports(says('x [[1]]', { end: 'malformed' }));
  await expect(ask(all)).rejects.toMatchObject({ code: 'bad_upstream' });
  expect(calls.at(-1)).toBe('settle');
});

describe('told as it arises', () => {
  const citation = { event: 'citation', data: expect.objectContaining({ page: 12, excerpt: 'Rinse the filter.' }) };
  const token = (text: string) => ({ event: 'token', data: { text } });
  const done = (context_used: number) => ({ event: 'done', data: { context_used, model_id: 'model', usage: USAGE } });
  const model = (...pieces: (string | Error)[]) => ({ generator: { generate: () => saying(pieces) } });

  test('an answer is text, whom it cites, more text, and the end', async () => {
    const { all } = ports(model('Rinse ', 'it [', '[1', ']]. Use ', 'cold water [[1]].'));
    await expect(told(all)).resolves.toEqual([
      UNDER_WAY,
      token('Rinse it [1]'),
      citation,
      token('. Use'),
      token(' cold water [1].'),
      done(1),
    ]);
  });

  test('what cites nothing is not shown, and neither is the word for it', async () => {
    for (const text of ['I am sure that it is fine. [[7]]', 'NO_ANSWER', 'The manuals hold NO_ANSWER [[1]].', '']) {
      await expect(told(ports(model(...text)).all)).resolves.toEqual([UNDER_WAY, token(REFUSAL), done(0)]);
    }
  });

  test('what fails before the first token is refunded, and nothing was told', async () => {
    const failure = new Error('throttled');
    const { calls, all } = ports(model(failure));
    await expect(told(all)).resolves.toEqual([failure]);
    expect(calls.at(-1)).toBe('refund');
  });

  test.each([
    ['reasoned', ['']],
    ['said something', ['Rinse it [[1]]']],
  ])('what fails once the model has %s is paid for, once', async (_what, pieces) => {
    const failure = new Error('broken');
    const { calls, all } = ports(model(...pieces, failure));
    const items = await told(all);
    expect(items[0]).toBe(UNDER_WAY);
    expect(items.at(-1)).toBe(failure);
    expect(calls.slice(-1)).toEqual(['settle']);
    expect(calls).not.toContain('refund');
  });

  test('it is settled while the model goes on, so that a function that dies has charged it', async () => {
    const { calls, all } = ports(model('Rinse it [[1]].', new Error('never asked for')));
    const answer = answerQuestion(all, ALICE, QUESTION, CIRCUMSTANCES);
    await expect(answer.next()).resolves.toMatchObject({ value: UNDER_WAY });
    expect(calls.at(-1)).toBe('settle');
  });

  test.each([
    ['refuses after all', says('Rinse it [[1]].', { end: 'refused' })],
    ['says that there is no answer after all', model('Rinse it [[1]]. NO_', 'ANSWER Really [[1]].')],
  ])('when the model %s, what was shown is taken back', async (_how, generator) => {
    const { calls, all } = ports(generator);
    const items = await told(all);
    expect(items).toContainEqual(expect.objectContaining({ name: 'Problem', code: 'bad_upstream' }));
    expect(JSON.stringify(items)).not.toMatch(/NO_|Really/);
    expect(calls.at(-1)).toBe('settle');
    await expect(ask(all)).resolves.toMatchObject({ answer: REFUSAL, context_used: 0, citations: [] });
  });
});
