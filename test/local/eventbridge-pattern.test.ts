import fc from 'fast-check';
import { compilePattern } from '../../local/eventbridge/event-pattern.ts';
import { InvalidPattern } from '../../local/eventbridge/pattern-operators.ts';

const matches = (pattern: object, event: object) => compilePattern(pattern)(event);

describe('an operator', () => {
  test.each([
    ['a value', ['a'], 'a', 'b'],
    ['a number', [3], 3, '3'],
    ['null', [null], null, 'null'],
    ['one of several', ['a', 'b'], 'b', 'c'],
    ['prefix', [{ prefix: 'incoming/' }], 'incoming/x', 'done/incoming/x'],
    ['prefix, ignoring case', [{ prefix: { 'equals-ignore-case': 'IN' } }], 'incoming', 'x-in'],
    ['suffix', [{ suffix: '.pdf' }], 'a.pdf', 'a.pdf.exe'],
    ['suffix, ignoring case', [{ suffix: { 'equals-ignore-case': '.pdf' } }], 'a.PDF', 'a.exe'],
    ['equals-ignore-case', [{ 'equals-ignore-case': 'Ada' }], 'aDA', 'adam'],
    ['anything-but', [{ 'anything-but': 'a' }], 'b', 'a'],
    ['anything-but a list', [{ 'anything-but': ['a', 1] }], 2, 1],
    ['anything-but a prefix', [{ 'anything-but': { prefix: 'a' } }], 'ba', 'ab'],
    ['anything-but several prefixes', [{ 'anything-but': { prefix: ['a', 'b'] } }], 'c', 'bc'],
    ['anything-but a suffix', [{ 'anything-but': { suffix: '.tmp' } }], 'a.pdf', 'a.tmp'],
    ['anything-but, ignoring case', [{ 'anything-but': { 'equals-ignore-case': ['a', 'b'] } }], 'c', 'B'],
    ['anything-but a wildcard', [{ 'anything-but': { wildcard: '*/tmp/*' } }], '/lib/x', '/tmp/x'],
    ['numeric', [{ numeric: ['>', 0, '<=', 5] }], 5, 0],
    ['numeric equality', [{ numeric: ['=', 300] }], 3.0e2, '300'],
    ['wildcard', [{ wildcard: 'in/*/x.*' }], 'in/a/b/x.pdf', 'in/x.pdf'],
    ['wildcard with a star and a dot of its own', [{ wildcard: 'a\\*.b*' }], 'a*.bc', 'axxbc'],
    ['cidr', [{ cidr: '10.0.0.0/24' }], '10.0.0.255', '10.0.1.0'],
    ['cidr of version 6', [{ cidr: '2001:db8::/32' }], '2001:db8::1', '10.0.0.1'],
  ])('%s', (_, rule, yes, no) => {
    expect(matches({ detail: { field: rule } }, { detail: { field: yes } })).toBe(true);
    expect(matches({ detail: { field: rule } }, { detail: { field: no } })).toBe(false);
    expect(matches({ detail: { field: rule } }, { detail: {} })).toBe(false);
    expect(matches({ detail: { field: rule } }, { detail: { field: ['zzz', yes] } })).toBe(true);
  });

  test('exists looks at leaves, and absence at the whole event', () => {
    const present = { detail: { a: { b: [{ exists: true }] } } };
    const absent = { detail: { a: { b: [{ exists: false }] } } };
    for (const a of [{ b: 1 }, { b: null }, [{ c: 1 }, { b: 1 }]]) {
      expect([matches(present, { detail: { a } }), matches(absent, { detail: { a } })]).toEqual([true, false]);
    }
    for (const a of [{ b: { c: 1 } }, { b: [] }, {}, 'text', [{ c: 1 }]]) {
      expect([matches(present, { detail: { a } }), matches(absent, { detail: { a } })]).toEqual([false, true]);
    }
  });
});

describe('a pattern', () => {
  test('needs every field, of one and the same object in a list', () => {
    const pattern = { detail: { items: { kind: ['a'], size: [1] } } };
    expect(matches(pattern, { detail: { items: [{ kind: 'a', size: 1 }] } })).toBe(true);
    expect(
      matches(pattern, {
        detail: {
          items: [
            { kind: 'a', size: 2 },
            { kind: 'b', size: 1 },
          ],
        },
      }),
    ).toBe(false);
  });

  test('takes alternatives by $or beside what all must fulfil', () => {
    const pattern = { source: ['app'], detail: { $or: [{ a: [1] }, { b: [{ exists: true }], c: [2] }] } };
    const event = (source: string, detail: object) => matches(pattern, { source, detail });
    expect([event('app', { a: 1 }), event('app', { b: 0, c: 2 })]).toEqual([true, true]);
    expect([event('app', { b: 0 }), event('app', { c: 2 }), event('other', { a: 1 })]).toEqual([false, false, false]);
  });

  test.each([
    ['an unknown operator', { a: [{ resembles: 'x' }] }, 'Unrecognized match type resembles'],
    ['an unknown operator within anything-but', { a: [{ 'anything-but': { cidr: '10.0.0.0/8' } }] }, 'cidr'],
    ['an unknown numeric operator', { a: [{ numeric: ['!=', 3] }] }, '!='],
    ['half a numeric range', { a: [{ numeric: ['>'] }] }, 'numeric'],
    ['two operators in one', { a: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key'],
    ['a value that is no list', { a: 'x' }, '"a" must be an object or an array'],
    ['an empty list', { a: [] }, '"a"'],
    ['an empty pattern', {}, 'empty'],
    ['an operand of the wrong type', { a: [{ prefix: 3 }] }, 'prefix'],
    ['consecutive stars', { a: [{ wildcard: 'a**' }] }, 'a**'],
    ['a malformed range', { a: [{ cidr: '10.0.0.0/33' }] }, '10.0.0.0/33'],
    ['a lone alternative', { $or: [{ a: [1] }] }, 'Unrecognized match type a'],
  ])('with %s is refused', (_, pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(InvalidPattern);
    expect(() => compilePattern(pattern)).toThrow(reason);
  });
});

describe('for any event', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  // A field called $or would be taken for the operator.
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '$or' && text !== '__proto__');
  const { event: events } = fc.letrec<{ event: object; value: unknown }>((tie) => ({
    event: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }), tie('event')),
  }));
  /** The pattern that spells an event out. */
  const spelled = (event: object): object =>
    Object.fromEntries(Object.entries(event).map(([key, value]) => [key, isMap(value) ? spelled(value) : [value].flat()]));
  const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

  test('its own spelling matches it, and still does when fields are added to it', () => {
    fc.assert(
      fc.property(events, events, (event, more) => {
        const matcher = compilePattern(spelled(event));
        expect(matcher(event)).toBe(true);
        expect(matcher({ ...more, ...event })).toBe(true);
      }),
    );
  });

  test('exactly one of "exists" and "does not exist" holds', () => {
    fc.assert(
      fc.property(events, fc.array(name, { minLength: 1, maxLength: 3 }), (event, path) => {
        const at = (rule: unknown) => path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), [rule]) as object;
        expect(matches(at({ exists: true }), event)).toBe(!matches(at({ exists: false }), event));
      }),
    );
  });

  test('anything-but is the opposite of the value where there is one', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(text, text, (value, other) => {
        const event = { a: value };
        expect(matches({ a: [{ 'anything-but': other }] }, event)).toBe(value !== other);
        expect(matches({ a: [{ 'anything-but': { prefix: other } }] }, event)).toBe(!value.startsWith(other));
        expect(matches({ a: [{ 'anything-but': { suffix: other } }] }, event)).toBe(!value.endsWith(other));
      }),
    );
  });

  test('a wildcard between two texts takes what begins and ends with them', () => {
    const escaped = (text: string) => text.replace(/[*\\]/g, '\\$&');
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (start, middle, end) => {
        const pattern = { a: [{ wildcard: `${escaped(start)}*${escaped(end)}` }] };
        expect(matches(pattern, { a: start + middle + end })).toBe(true);
        expect(matches(pattern, { a: middle })).toBe(
          middle.length >= start.length + end.length && middle.startsWith(start) && middle.endsWith(end),
        );
      }),
    );
  });

  test('the order of alternatives does not matter', () => {
    fc.assert(
      fc.property(events, events, events, (event, one, other) => {
        const either = (...alternatives: object[]) => matches({ $or: alternatives.map(spelled) }, event);
        expect(either(one, other)).toBe(either(other, one));
        expect(either(one, event)).toBe(true);
      }),
    );
  });
});
