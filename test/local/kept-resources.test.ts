import { type KeptResource, KeptResources } from '../../local/assembly/kept-resources.ts';
import type { ResourceType, TemplateResource } from '../../local/platform/service.ts';
import { State } from '../../local/platform/state.ts';

const INDEX: ResourceType = {
  type: 'AWS::Test::Index',
  honours: ['Dimension', 'Storage.Kind', 'Title'],
  replacedOn: ['Dimension', 'Storage.Kind'],
  create: () => Promise.reject(new Error('not created here')),
};
const STATELESS: ResourceType = { type: 'AWS::Test::Rule', honours: ['Dimension'], create: INDEX.create };

function resource(logicalId: string, properties: Record<string, unknown>, type = INDEX.type): TemplateResource {
  return { logicalId, stackName: 'Stack', type, properties, path: `Stack/${logicalId}/Resource` };
}

let state: State;
/** The resources as the next start finds them. */
const nextStart = () => new KeptResources(state.map<KeptResource>('resources'));

beforeEach(() => {
  state = State.inMemory();
  const first = nextStart();
  first.admit(resource('Index', { Dimension: 512, Storage: { Kind: 'fast' }, Title: 'one' }), INDEX);
  first.admit(resource('Plain', {}), INDEX);
  first.admit(resource('Rule', { Dimension: 1 }, STATELESS.type), STATELESS);
});

test('what has not changed, or changed without being replaced, is admitted', () => {
  const next = nextStart();
  next.admit(resource('Index', { Dimension: 512, Storage: { Kind: 'fast' }, Title: 'two' }), INDEX);
  next.admit(resource('Plain', { Title: 'two' }), INDEX);
  next.admit(resource('Rule', { Dimension: 2 }, STATELESS.type), STATELESS);
  expect(next.gone()).toEqual([]);
});

test.each([
  ['another value', { Dimension: 1024, Storage: { Kind: 'fast' } }, 'its Dimension is 1024, and what is stored was made with 512'],
  ['a value below', { Dimension: 512, Storage: { Kind: 'slow' } }, 'its Storage.Kind is "slow", and what is stored was made with "fast"'],
  ['no value any more', { Dimension: 512 }, 'its Storage.Kind is null, and what is stored was made with "fast"'],
])('%s where AWS replaces is refused, every time, with what to do', (_case, properties, reason) => {
  for (const next of [nextStart(), nextStart()]) {
    expect(() => next.admit(resource('Index', properties), INDEX)).toThrow(
      `${reason}: AWS would replace it by an empty one. Undo the change of Stack/Index/Resource, or start with --fresh, which deletes all state.`,
    );
  }
});

test('another type under the same logical id is refused', () => {
  const table: ResourceType = { ...INDEX, type: 'AWS::Test::Table' };
  expect(() => nextStart().admit(resource('Index', {}, table.type), table)).toThrow('it is stored as AWS::Test::Index');
});

test('what is gone is named until it is back', () => {
  for (const next of [nextStart(), nextStart()]) {
    next.admit(resource('Plain', {}), INDEX);
    expect(next.gone()).toEqual([expect.objectContaining({ path: 'Stack/Index/Resource', type: INDEX.type })]);
  }
  const next = nextStart();
  next.admit(resource('Plain', {}), INDEX);
  next.admit(resource('Index', { Dimension: 512, Storage: { Kind: 'fast' } }), INDEX);
  expect(next.gone()).toEqual([]);
});
