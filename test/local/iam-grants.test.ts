import type { Grant } from '../../local/iam/grants.ts';
import { reviewGrants } from '../support/grants.ts';

const grant = (action: string, used: boolean): Grant => ({ holder: 'role', action: `s3:${action}`, resource: 'arn:aws:s3:::b', used });
const line = (action: string) => `role: s3:${action} on arn:aws:s3:::b`;

test('a grant that one of the runtimes used is used', () => {
  const { used, unused, complaints } = reviewGrants([[grant('Get', false)], [grant('Get', true)]], {});
  expect([used, [...unused], complaints]).toEqual([[line('Get')], [], []]);
});

test('one that none used needs a reason, and has just that one', () => {
  const runs = [[grant('Get', true), grant('Put', false)]];
  expect(reviewGrants(runs, {}).complaints).toEqual([`Granted, never used and not acknowledged: ${line('Put')}`]);
  const reviewed = reviewGrants(runs, { 'role: s3:Put': 'soon' });
  expect([[...reviewed.unused], reviewed.complaints]).toEqual([[[line('Put'), 'soon']], []]);
});

test.each([
  ['of a used grant', 'role: s3:Get'],
  ['of no grant', 'role: s3:Delete'],
  ['of two grants', 'role: s3:P'],
])('an acknowledgement %s is refused', (_what, beginning) => {
  const runs = [[grant('Get', true), grant('Put', false), grant('Patch', false)]];
  const reasons = { 'role: s3:Put': 'soon', 'role: s3:Patch': 'soon', [beginning]: 'never' };
  expect(reviewGrants(runs, reasons).complaints).toEqual([`Acknowledged, but not exactly one unused grant begins so: ${beginning}`]);
});

test('more than ten acknowledgements, and no grants at all, are refused', () => {
  const many = Array.from({ length: 11 }, (_, index) => grant(`Action${String.fromCharCode(65 + index)}`, false));
  const reasons = Object.fromEntries(many.map(({ action }) => [line(action.replace('s3:', '')), 'soon']));
  expect(reviewGrants([many], reasons).complaints).toEqual(['More than 10 unused grants are acknowledged.']);
  expect(reviewGrants([], {}).complaints).toEqual(['No runtime has noted its grants.']);
});
