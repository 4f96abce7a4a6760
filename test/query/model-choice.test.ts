import { askFirstAvailable, type ModelChain } from '../../lambdas/query/model-choice.ts';
import type { TextModelName } from '../../lambdas/query/models.contract.ts';

const CHAIN: ModelChain = ['claude-haiku-5-5', 'nova-2-lite', 'nova-lite'];

/** An error as the SDK throws it. */
const refusal = (name: string, message = 'no', httpStatusCode = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

/** Asks the chain; each model is refused with its error, and answers where there is none. */
async function ask(errors: Partial<Record<TextModelName, unknown>>, { signal = new AbortController().signal } = {}) {
  const asked: TextModelName[] = [];
  const passedOver: TextModelName[] = [];
  const answer = askFirstAvailable(
    CHAIN,
    async (name) => {
      asked.push(name);
      if (errors[name] !== undefined) throw errors[name];
      return `the answer of ${name}`;
    },
    { signal, onUnavailable: (name) => passedOver.push(name) },
  );
  return { asked, passedOver, outcome: await answer.catch((error: unknown) => error) };
}

test('the first model answers when it can', async () => {
  await expect(ask({})).resolves.toEqual({ asked: ['claude-haiku-5-5'], passedOver: [], outcome: 'the answer of claude-haiku-5-5' });
});

test.each([
  ['throttled', refusal('ThrottlingException', 'Too many tokens, please wait before trying again.', 429)],
  ['over its quota', refusal('ServiceQuotaExceededException')],
  ['unavailable', refusal('ServiceUnavailableException', 'no', 503)],
  ['failing', refusal('InternalServerException', 'no', 500)],
  ['failing in a way of its own', refusal('SomethingNew', 'no', 502)],
  ['not ready', refusal('ModelNotReadyException', 'no', 429)],
  ['in error', refusal('ModelErrorException', 'no', 424)],
  ['in error once it streams', refusal('ModelStreamErrorException')],
  ['too slow', refusal('ModelTimeoutException', 'no', 408)],
  ['retired', refusal('ResourceNotFoundException', 'This model version has reached the end of its life.', 404)],
  ['retired long ago', refusal('ValidationException', 'This model version has reached the end of its life.')],
  ['gone from the region', refusal('ValidationException', 'The provided model identifier is invalid.')],
  ['closed to the account', refusal('AccessDeniedException', "You don't have access to the model with the specified model ID.", 403)],
])('a model that is %s is passed over', async (_how, error) => {
  await expect(ask({ 'claude-haiku-5-5': error })).resolves.toEqual({
    asked: ['claude-haiku-5-5', 'nova-2-lite'],
    passedOver: ['claude-haiku-5-5'],
    outcome: 'the answer of nova-2-lite',
  });
});

test.each([
  ['what is wrong with the request', refusal('ValidationException', 'The maximum tokens you requested exceeds the model limit of 10000.')],
  ['a permission that is missing', refusal('AccessDeniedException', 'User: x is not authorized to perform: bedrock:InvokeModel', 403)],
  ['a fault of ours', new TypeError('x is not a function')],
  ['nothing at all', undefined],
])('%s is no reason to ask another', async (_what, thrown) => {
  const error = thrown ?? null;
  await expect(ask({ 'claude-haiku-5-5': error })).resolves.toEqual({ asked: ['claude-haiku-5-5'], passedOver: [], outcome: error });
});

test('when none is available, the reason of the first is told', async () => {
  const first = refusal('ThrottlingException', 'busy');
  const others = refusal('ResourceNotFoundException', 'gone');
  await expect(ask({ 'claude-haiku-5-5': first, 'nova-2-lite': others, 'nova-lite': others })).resolves.toEqual({
    asked: [...CHAIN],
    passedOver: [...CHAIN],
    outcome: first,
  });
});

test('once the time is up nobody else is asked', async () => {
  const error = refusal('ThrottlingException');
  const { asked, outcome } = await ask({ 'claude-haiku-5-5': error }, { signal: AbortSignal.abort() });
  expect([asked, outcome]).toEqual([['claude-haiku-5-5'], error]);
});
