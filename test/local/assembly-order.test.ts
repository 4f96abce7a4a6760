import fc from 'fast-check';
import type { TemplateEntry } from '../../local/assembly/cloud-assembly.ts';
import { inDependencyOrder } from '../../local/assembly/resource-order.ts';

/** Every way in which one resource's entry may lead to another. */
const WAYS: readonly ((target: string) => Partial<TemplateEntry>)[] = [
  (target) => ({ Properties: { A: { Ref: target } } }),
  (target) => ({ Properties: { A: [{ B: { 'Fn::GetAtt': [target, 'Arn'] } }] } }),
  (target) => ({ Properties: { A: { 'Fn::GetAtt': `${target}.Endpoint.Port` } } }),
  (target) => ({ Properties: { A: { 'Fn::Sub': `x\${${target}}` } } }),
  (target) => ({ Properties: { A: { 'Fn::Sub': [`\${Own}`, { Own: { Ref: target } }] } } }),
  (target) => ({ Properties: { A: { 'Fn::Join': ['', ['x', { 'Fn::Sub': `\${${target}.Arn}` }]] } } }),
  (target) => ({ DependsOn: target }),
  (target) => ({ DependsOn: [target] }),
];

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly way: number;
}

/** A template's resources of these names, each of which leads to others along its edges. */
function resourcesOf(names: readonly string[], edges: readonly Edge[]): Record<string, TemplateEntry> {
  return Object.fromEntries(
    names.map((name) => {
      const parts = edges.filter(({ from }) => from === name).map(({ to, way }) => WAYS[way]?.(to) ?? {});
      const Properties = Object.fromEntries(parts.map((part, index) => [`P${index}`, part.Properties]));
      return [name, { Type: 'AWS::Test::Thing', Properties, DependsOn: parts.flatMap(({ DependsOn = [] }) => DependsOn) }];
    }),
  );
}

const namesOf = (resources: Record<string, TemplateEntry>) => inDependencyOrder(resources).map(([name]) => name);
const names = fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,8}$/), { minLength: 1, maxLength: 12 });
const way = fc.nat(WAYS.length - 1);

test('every resource comes once, and after all that it leads to', () => {
  const acyclic = names.chain((ranked) => {
    const downwards = fc
      .record({ from: fc.nat(ranked.length - 1), to: fc.nat(ranked.length - 1), way })
      .filter(({ from, to }) => from > to);
    const edges = ranked.length > 1 ? fc.array(downwards, { maxLength: 30 }) : fc.constant([]);
    return fc.record({
      ranked: fc.constant(ranked),
      written: fc.shuffledSubarray(ranked, { minLength: ranked.length }),
      edges: edges.map((all) => all.map(({ from, to, way: by }) => ({ from: ranked[from] ?? '', to: ranked[to] ?? '', way: by }))),
    });
  });
  fc.assert(
    fc.property(acyclic, ({ ranked, written, edges }) => {
      const ordered = namesOf(resourcesOf(written, edges));
      expect([...ordered].sort()).toEqual([...ranked].sort());
      for (const { from, to } of edges) expect(ordered.indexOf(to)).toBeLessThan(ordered.indexOf(from));
    }),
  );
});

test('a circle is named, wherever it is come upon, and without what only leads to it', () => {
  fc.assert(
    fc.property(names, fc.nat(11), fc.infiniteStream(way), (all, start, ways) => {
      const circle = all.slice(start % all.length);
      const leadIn = all.slice(0, start % all.length);
      const path = [...leadIn, ...circle, circle[0] ?? ''];
      const edges = path.slice(1).map((to, index) => ({ from: path[index] ?? '', to, way: Number(ways.next().value) }));
      const message = `resources depend on each other in a circle: ${[...circle, circle[0]].join(' → ')}`;
      expect(() => namesOf(resourcesOf(all, edges))).toThrow(new Error(message));
    }),
  );
});

test('resources that lead nowhere keep the order in which they are written', () => {
  expect(namesOf(resourcesOf(['C', 'A', 'B'], []))).toEqual(['C', 'A', 'B']);
});

test('parameters and pseudo parameters are no resources', () => {
  const entry = { Type: 'AWS::Test::Thing', Properties: { A: { Ref: 'AWS::Region' }, B: { Ref: 'constructor' }, C: { Ref: 'Stage' } } };
  expect(namesOf({ Thing: entry })).toEqual(['Thing']);
});

test('a variable of a substitution that is called like a resource leads nowhere', () => {
  const Properties = { A: { 'Fn::Sub': [`\${Second}`, { Second: 'a text' }] } };
  const resources = { First: { Type: 'AWS::Test::Thing', Properties }, Second: { Type: 'AWS::Test::Thing', DependsOn: 'First' } };
  expect(namesOf(resources)).toEqual(['First', 'Second']);
});

test('a dependency on what is not there is named', () => {
  const resources = { Thing: { Type: 'AWS::Test::Thing', DependsOn: ['Other'] } };
  expect(() => inDependencyOrder(resources)).toThrow('Thing depends on Other, which is not in its stack');
});
