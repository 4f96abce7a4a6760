import { manualDocument } from '../../lambdas/manuals/manual.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';

test('an owner sees why a manual failed, and not whose it is', () => {
  const document = manualDocument({ ...ALICES_MANUAL, status: 'failed', failure: 'encrypted', object_version: 'v1' });
  expect(document).toMatchObject({ status: 'failed', failure: { code: 'encrypted', detail: expect.stringContaining('password') } });
  expect(document).not.toHaveProperty('user_id');
  expect(document).not.toHaveProperty('object_version');
});

test('what a manual had once failed of is not told when it was taken up again', () => {
  expect(manualDocument({ ...ALICES_MANUAL, status: 'ready', failure: 'indexing_failed' })).not.toHaveProperty('failure');
});
