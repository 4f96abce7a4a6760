import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { OPERATOR, type Principal } from '../../local/platform/principal.ts';

const ROLE: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/worker', sessionName: 'worker' };

test('a key is of the form that AWS gives, temporary and with a token for a role', () => {
  const keys = new AccessKeys();
  const operator = keys.issue(OPERATOR);
  expect(operator.accessKeyId).toMatch(/^AKIA[0-9A-F]{16}$/);
  expect(operator.secretAccessKey).toHaveLength(40);
  expect(operator).not.toHaveProperty('sessionToken');
  const role = keys.issue(ROLE);
  expect(role.accessKeyId).toMatch(/^ASIA[0-9A-F]{16}$/);
  expect(role.sessionToken).toMatch(/^[\w+/=]{64}$/);
});

test('a key stands for one principal, and is found by its id alone', () => {
  const keys = new AccessKeys();
  const issued = [keys.issue(OPERATOR), keys.issue(ROLE), keys.issue(ROLE)];
  expect(keys.issued()).toEqual(issued);
  expect(new Set(issued.flatMap(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey])).size).toBe(6);
  for (const key of issued) expect(keys.find(key.accessKeyId)).toBe(key);
  for (const id of ['', 'constructor', 'AKIAUNKNOWN']) expect(keys.find(id)).toBeUndefined();
});
