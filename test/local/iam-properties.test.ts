import fc from 'fast-check';
import { type AccessRequest, type Decision, missingStatement, type StatementDocument } from '../../local/iam/decision.ts';
import type { ContextKeys } from '../../local/iam/policy-context.ts';
import { type PolicyKind, parsePolicy } from '../../local/iam/policy-document.ts';
import { decide } from '../../local/iam/policy-evaluation.ts';
import type { Caller } from '../../local/iam/policy-principal.ts';
import { holds } from './iam-condition-cases.ts';
import { callers, root, session, user } from './iam-decision-cases.ts';

interface Documents {
  readonly identity: readonly object[];
  readonly boundary: readonly object[] | undefined;
  readonly resource: readonly object[];
}

const request: Omit<AccessRequest, 'principal'> = {
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/k',
  context: { 'aws:username': 'ada' },
};
const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' };
const denyAll = { Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::b/*' };

const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Action: fc.constantFrom('*', 's3:*', 's3:Get*', 's3:Put*', ['sqs:*', 's3:GetObject']),
  Resource: fc.constantFrom('*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::c/*'),
  Condition: fc.constantFrom({}, { StringEquals: { 'aws:username': 'ada' } }, { StringNotEquals: { 'aws:username': 'ada' } }),
});
const grant = fc.tuple(statement, fc.constantFrom('*', { AWS: user }, { AWS: root }, { AWS: session }, { Service: 's3.amazonaws.com' }));
const statements = fc.array(statement, { maxLength: 4 });
const documents: fc.Arbitrary<Documents> = fc.record({
  identity: statements,
  boundary: fc.option(statements, { nil: undefined }),
  resource: fc.array(
    grant.map(([one, Principal]) => ({ ...one, Principal })),
    { maxLength: 4 },
  ),
});
const caller = fc.constantFrom<Caller>(...Object.values(callers));

const parse = (kind: PolicyKind, list: readonly object[]) =>
  list.length > 0
    ? parsePolicy(kind, { Version: '2012-10-17', Statement: list }, kind)
    : { name: kind, kind, document: {}, statements: [] };

function decideBy({ identity, boundary, resource }: Documents, principal: Caller, asked = request): Decision {
  const policies = { identity: [parse('identity', identity)], resource: parse('resource', resource) };
  return decide({ ...asked, principal }, boundary ? { ...policies, boundary: parse('identity', boundary) } : policies);
}

test('a Deny that applies wins over whatever else there is', () => {
  fc.assert(
    fc.property(documents, caller, fc.nat(), (drawn, principal, place) => {
      const resource = drawn.resource.toSpliced(place % (drawn.resource.length + 1), 0, { ...denyAll, Principal: '*' });
      expect(decideBy({ ...drawn, resource }, principal).reason).toBe('explicit-deny');
      if (principal.kind !== 'role' && principal.kind !== 'user') return;
      const identity = drawn.identity.toSpliced(place % (drawn.identity.length + 1), 0, denyAll);
      expect(decideBy({ ...drawn, identity }, principal).reason).toBe('explicit-deny');
      expect(decideBy({ ...drawn, boundary: [...(drawn.boundary ?? []), denyAll] }, principal).reason).toBe('explicit-deny');
    }),
  );
});

test('one more Allow takes nothing away', () => {
  fc.assert(
    fc.property(documents, statement, grant, caller, (drawn, more, [open, Principal], principal) => {
      const before = decideBy(drawn, principal);
      const identity = [...drawn.identity, { ...more, Effect: 'Allow' }];
      const boundary = drawn.boundary && [...drawn.boundary, { ...more, Effect: 'Allow' }];
      const resource = [...drawn.resource, { ...open, Effect: 'Allow', Principal }];
      for (const after of [
        { ...drawn, identity },
        { ...drawn, boundary },
        { ...drawn, resource },
      ]) {
        expect(decideBy(after, principal).allowed || !before.allowed).toBe(true);
      }
    }),
  );
});

test('the order of statements does not matter', () => {
  const shuffled = documents.chain((drawn) =>
    fc.record({
      drawn: fc.constant(drawn),
      identity: fc.shuffledSubarray([...drawn.identity], { minLength: drawn.identity.length }),
      resource: fc.shuffledSubarray([...drawn.resource], { minLength: drawn.resource.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, caller, ({ drawn, identity, resource }, principal) => {
      expect(decideBy({ ...drawn, identity, resource }, principal).reason).toBe(decideBy(drawn, principal).reason);
    }),
  );
});

test('a boundary never adds a permission', () => {
  fc.assert(
    fc.property(documents, caller, (drawn, principal) => {
      expect(!decideBy(drawn, principal).allowed || decideBy({ ...drawn, boundary: [allowAll] }, principal).allowed).toBe(true);
      expect(!decideBy(drawn, principal).allowed || decideBy({ ...drawn, boundary: undefined }, principal).allowed).toBe(true);
    }),
  );
});

test('the missing statement lets the request pass, and no other', () => {
  const resource = fc
    .string({ unit: fc.constantFrom('a', '/', '*', '?', '$', '{', '}', ':'), minLength: 1 })
    .map((name) => `arn:aws:s3:::b/${name}`);
  const context = fc.constantFrom<ContextKeys>({}, { 'aws:SourceArn': 'arn:aws:s3:::*b' }, { 'AWS:sourceaccount': '111122223333' });
  fc.assert(
    fc.property(documents, caller, resource, context, (drawn, principal, arn, keys) => {
      const asked = { ...request, resource: arn, context: keys };
      let patched = drawn;
      let decision = decideBy(patched, principal, asked);
      let last: StatementDocument | undefined;
      for (let attempt = 0; attempt < 2 && decision.reason === 'implicit-deny'; attempt += 1) {
        last = missingStatement({ ...asked, principal }, decision.missingIn);
        if (decision.missingIn === 'identity-based policy') patched = { ...patched, identity: [...patched.identity, last] };
        else if (decision.missingIn === 'resource-based policy') patched = { ...patched, resource: [...patched.resource, last] };
        else patched = { ...patched, boundary: [...(patched.boundary ?? []), last] };
        decision = decideBy(patched, principal, asked);
      }
      expect(decision.reason).not.toBe('implicit-deny');
      if (!last) return;
      const elsewhere = { ...asked, resource: `${arn}x` };
      expect(decideBy(patched, principal, elsewhere).reason).toBe(decideBy(drawn, principal, elsewhere).reason);
    }),
  );
});

test('a missing statement says whom it is for', () => {
  const ask = (principal: Caller, context = {}) =>
    missingStatement({ action: 'sqs:SendMessage', resource: '*', context, principal }, 'resource-based policy');
  const permission = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' };
  const rule = 'arn:aws:events:eu-west-1:111122223333:rule/nightly';
  expect(ask(callers.user)).toEqual({ ...permission, Principal: { AWS: user } });
  expect(ask(callers.root)).toEqual({ ...permission, Principal: { AWS: root } });
  expect(ask(callers.anonymous)).toEqual({ ...permission, Principal: '*' });
  expect(ask(callers.events, { 'AWS:SourceArn': rule, 'aws:SourceAccount': '111122223333' })).toEqual({
    ...permission,
    Principal: { Service: 'events.amazonaws.com' },
    Condition: { ArnEquals: { 'aws:SourceArn': rule } },
  });
  expect(ask(callers.s3)).toEqual({ ...permission, Principal: { Service: 's3.amazonaws.com' } });
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '\n', '🙂'), maxLength: 6 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '*', '?', '🙂'), maxLength: 6 });
const keyed = (values: readonly string[] | undefined): ContextKeys => (values ? { key: values } : {});

test('wildcards match as a naive matcher does', () => {
  const naive = ([first, ...rest]: string[], text: string[]): boolean => {
    if (first === undefined) return text.length === 0;
    if (first === '*') return naive(rest, text) || (text.length > 0 && naive([first, ...rest], text.slice(1)));
    return text.length > 0 && (first === '?' || first === text[0]) && naive(rest, text.slice(1));
  };
  fc.assert(
    fc.property(pattern, word, (wanted, actual) => {
      expect(holds({ StringLike: { key: wanted } }, { key: actual })).toBe(naive([...wanted], [...actual]));
    }),
    { numRuns: 1000 },
  );
});

test('for all values not to match is the opposite of for any value to match', () => {
  const values = fc.option(fc.array(word, { maxLength: 3 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), values, (wanted, actual) => {
      const test = (operator: string) => holds({ [operator]: { key: wanted } }, keyed(actual));
      expect(test('ForAllValues:StringNotLike')).toBe(!test('ForAnyValue:StringLike'));
      expect(test('ForAllValues:StringLike')).toBe(!test('ForAnyValue:StringNotLike'));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['StringEquals', 'StringNotEquals', word],
  ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', word],
  ['StringLike', 'StringNotLike', pattern],
  ['ArnLike', 'ArnNotLike', pattern.map((text) => `arn:aws:s3:::${text}`)],
  ['NumericEquals', 'NumericNotEquals', fc.integer({ min: 0, max: 3 }).map(String)],
  ['DateEquals', 'DateNotEquals', fc.integer({ min: 0, max: 3 }).map((day) => `2026-01-0${day + 1}`)],
  ['IpAddress', 'NotIpAddress', fc.ipV4()],
])('%s holds exactly where %s does not, also without the key', (positive, negative, values: fc.Arbitrary<string>) => {
  fc.assert(
    fc.property(
      fc.array(values, { minLength: 1, maxLength: 3 }),
      fc.option(fc.oneof(values, word), { nil: undefined }),
      (wanted, actual) => {
        const context: Record<string, string> = actual === undefined ? {} : { key: actual };
        expect(holds({ [positive]: { key: wanted } }, context)).toBe(!holds({ [negative]: { key: wanted } }, context));
      },
    ),
  );
});
