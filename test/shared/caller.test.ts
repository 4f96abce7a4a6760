import { callerFromClaims, ownerOf } from '../../lambdas/shared/caller.ts';

const CLIENT = 'this-client';
const CLAIMS = { sub: 'alice', token_use: 'access', client_id: CLIENT };

test('the caller is the subject of an access token of this client', () => {
  expect(callerFromClaims(CLAIMS, CLIENT)).toEqual({ userId: 'alice' });
});

test.each([
  ['no claims', undefined],
  ['another client', { ...CLAIMS, client_id: 'another-client' }],
  ['no client', { sub: 'alice', token_use: 'access', aud: CLIENT }],
  ['an ID token’s use', { ...CLAIMS, token_use: 'id' }],
  ['no use', { sub: 'alice', client_id: CLIENT }],
  ['no subject', { token_use: 'access', client_id: CLIENT }],
  ['an empty subject', { ...CLAIMS, sub: '' }],
  ['a subject that is no text', { ...CLAIMS, sub: ['alice'] }],
])('%s is nobody', (_what, claims) => {
  expect(() => callerFromClaims(claims, CLIENT)).toThrow(expect.objectContaining({ code: 'unauthorized', status: 401 }));
});

test('work without a request is for the owner whom the backend wrote down, who has to be somebody', () => {
  expect(ownerOf({ user_id: 'alice' })).toEqual({ userId: 'alice' });
  expect(() => ownerOf({ user_id: '' })).toThrow('a record without an owner has no caller');
});
