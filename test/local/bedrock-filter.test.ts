import type { RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import fc from 'fast-check';
import { type AttributeValue, openKnowledgeBase, type TestKnowledgeBase } from './bedrock-support.ts';

let base: TestKnowledgeBase;

beforeAll(async () => {
  base = await openKnowledgeBase();
  await base.publish(
    { id: 'full', text: 'One.', metadata: { colour: 'red', page: 3, open: true, tags: ['x', 'y'] } },
    { id: 'other', text: 'Two.', metadata: { colour: 'blue', page: 7, open: false, tags: ['z'] } },
    { id: 'bare', text: 'Three.' },
  );
});

afterAll(async () => {
  expect(base.door.internalErrors).toEqual([]);
  await base.close();
});

async function matching(filter: object): Promise<string[]> {
  const found = await base.retrieve('anything', { filter: filter as RetrievalFilter, numberOfResults: 100 });
  return found.map(({ id }) => id).sort();
}

const red = { key: 'colour', value: 'red' };

test.each<[object, string[]]>([
  [{ equals: red }, ['full']],
  [{ equals: { key: 'open', value: false } }, ['other']],
  [{ equals: { key: 'page', value: '3' } }, []],
  [{ equals: { key: 'tags', value: 'y' } }, ['full']],
  [{ equals: { key: 'constructor', value: 'x' } }, []],
  [{ notEquals: red }, ['bare', 'other']],
  [{ in: { key: 'colour', value: ['red', 'green'] } }, ['full']],
  [{ notIn: { key: 'colour', value: ['red', 'green'] } }, ['other']],
  [{ greaterThan: { key: 'page', value: 3 } }, ['other']],
  [{ greaterThanOrEquals: { key: 'page', value: 3 } }, ['full', 'other']],
  [{ lessThan: { key: 'page', value: 7 } }, ['full']],
  [{ lessThanOrEquals: { key: 'page', value: 7 } }, ['full', 'other']],
  [{ listContains: { key: 'tags', value: 'z' } }, ['other']],
  [{ listContains: red }, []],
  [{ andAll: [{ equals: red }, { greaterThan: { key: 'page', value: 1 } }] }, ['full']],
  [{ orAll: [{ equals: red }, { equals: { key: 'colour', value: 'blue' } }] }, ['full', 'other']],
])('%j', async (filter, ids) => {
  expect(await matching(filter)).toEqual(ids);
});

test.each<[object, string]>([
  [{ startsWith: red }, 'startsWith'],
  [{ stringContains: red }, 'stringContains'],
  [{ andAll: [{ equals: red }] }, 'at least 2 members'],
  [{ orAll: [] }, 'at least 2 members'],
  [{ andAll: [{ equals: red }, { startsWith: red }] }, 'startsWith'],
  [{ in: { key: 'colour', value: [] } }, 'operator in'],
  [{ in: { key: 'colour', value: 'red' } }, 'operator in'],
  [{ greaterThan: { key: 'colour', value: 'red' } }, 'operator greaterThan'],
  [{ equals: { key: '', value: 'red' } }, 'operator equals'],
])('%j is refused', async (filter, reason) => {
  await expect(matching(filter)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(reason) });
});

test('an operator that nobody knows is refused by its name', async () => {
  const unknown = { $unknown: ['soundsLike', { key: 'colour', value: 'red' }] };
  await expect(matching(unknown)).rejects.toMatchObject({
    name: 'NotImplementedByLocalRuntime',
    message: expect.stringContaining('"soundsLike"'),
  });
});

type Attributes = Record<string, AttributeValue>;
type Filter = { [operator: string]: { key: string; value: AttributeValue | number[] } | Filter[] };

const strings = fc.constantFrom('a', 'b', 'c');
const numbers = fc.integer({ min: 0, max: 3 });
const attributes: fc.Arbitrary<Attributes> = fc.record(
  { letter: strings, number: numbers, flag: fc.boolean(), list: fc.uniqueArray(strings, { minLength: 1 }) },
  { requiredKeys: [] },
);
const documents = fc.array(fc.record({ owner: fc.constantFrom('anna', 'ben'), attributes }), { minLength: 10, maxLength: 10 });
const keys = fc.constantFrom('letter', 'number', 'flag', 'list', 'absent');
const primitives = fc.oneof(strings, numbers, fc.boolean());
const comparisonOf = (operators: string[], value: fc.Arbitrary<AttributeValue | number[]>) =>
  fc
    .record({ operator: fc.constantFrom(...operators), key: keys, value })
    .map(({ operator, key, value: given }) => ({ [operator]: { key, value: given } }));
const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    comparisonOf(['equals', 'notEquals'], primitives),
    comparisonOf(['in', 'notIn'], fc.array(strings, { minLength: 1, maxLength: 2 })),
    comparisonOf(['greaterThan', 'greaterThanOrEquals', 'lessThan', 'lessThanOrEquals'], numbers),
    comparisonOf(['listContains'], strings),
    fc
      .record({ operator: fc.constantFrom('andAll', 'orAll'), members: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }) })
      .map(({ operator, members }) => ({
        [operator]: members,
      })),
  ),
})).filter;

/** The filter's meaning, written down a second time and as plainly as possible. */
function agrees(filter: Filter, metadata: Attributes): boolean {
  const [[operator, operand] = ['', []]] = Object.entries(filter);
  if (Array.isArray(operand)) {
    const verdicts = operand.map((member) => agrees(member, metadata));
    return operator === 'andAll' ? !verdicts.includes(false) : verdicts.includes(true);
  }
  const actual = metadata[operand.key];
  const has = (value: unknown) => actual === value || (Array.isArray(actual) && actual.some((item) => item === value));
  const wanted = operand.value;
  const compared = typeof actual === 'number' ? actual - Number(wanted) : Number.NaN;
  switch (operator) {
    case 'equals':
      return has(wanted);
    case 'notEquals':
      return !has(wanted);
    case 'in':
      return Array.isArray(wanted) && wanted.some(has);
    case 'notIn':
      return actual !== undefined && Array.isArray(wanted) && !wanted.some(has);
    case 'greaterThan':
      return compared > 0;
    case 'greaterThanOrEquals':
      return compared >= 0;
    case 'lessThan':
      return compared < 0;
    case 'lessThanOrEquals':
      return compared <= 0;
    default:
      return Array.isArray(actual) && has(wanted);
  }
}

test("any filter finds what a naive evaluation finds, and with the owner's never another's document", async () => {
  await base.remove('full', 'other', 'bare');
  await fc.assert(
    fc.asyncProperty(documents, filters, async (given, filter) => {
      const records = given.map(({ owner, attributes: own }, index) => ({ id: `d${index}`, owner, metadata: { ...own, owner } }));
      await base.publish(...records.map(({ id, metadata }) => ({ id, text: `Document ${id}.`, metadata })));
      const expected = records.filter(({ metadata }) => agrees(filter, metadata));
      expect(await matching(filter)).toEqual(expected.map(({ id }) => id).sort());
      const owned = await matching({ andAll: [{ equals: { key: 'owner', value: 'anna' } }, filter] });
      expect(owned).toEqual(
        expected
          .filter(({ owner }) => owner === 'anna')
          .map(({ id }) => id)
          .sort(),
      );
    }),
    { numRuns: 100 },
  );
});
