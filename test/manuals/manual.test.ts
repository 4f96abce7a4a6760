import { manualDocument } from '../../lambdas/manuals/manual.ts';
import { ALICES_MANUAL } from '../support/manuals.ts';

const CREATED = Date.parse(ALICES_MANUAL.created_at);
const NOW = CREATED + 1000;
const MINUTE_MS = 60_000;

test('an owner sees why a manual failed, and not whose it is', () => {
  const document = manualDocument({ ...ALICES_MANUAL, status: 'failed', failure: 'encrypted', object_version: 'v1' }, NOW);
  expect(document).toMatchObject({ status: 'failed', failure: { code: 'encrypted', detail: expect.stringContaining('password') } });
  expect(document).not.toHaveProperty('user_id');
  expect(document).not.toHaveProperty('object_version');
});

test('what a manual had once failed of is not told when it was taken up again', () => {
  expect(manualDocument({ ...ALICES_MANUAL, status: 'ready', failure: 'indexing_failed' }, NOW)).not.toHaveProperty('failure');
});

test('a duplicate names the manual that holds the same bytes', () => {
  const duplicate = { ...ALICES_MANUAL, status: 'failed', failure: 'duplicate', duplicate_of: 'the-other' } as const;
  expect(manualDocument(duplicate, NOW).failure).toEqual({
    code: 'duplicate',
    detail: 'You have this manual already.',
    duplicate_of: 'the-other',
  });
});

test('what is recorded of a failure is said instead of its own sentence', () => {
  const failed = { ...ALICES_MANUAL, status: 'failed', failure: 'too_many_pages', failure_detail: 'Four are left.' } as const;
  expect(manualDocument(failed, NOW).failure).toEqual({ code: 'too_many_pages', detail: 'Four are left.' });
});

test('an upload that never came has failed half an hour after it was announced, and not before', () => {
  expect(manualDocument(ALICES_MANUAL, CREATED + 30 * MINUTE_MS - 1)).toMatchObject({ status: 'awaiting_upload' });
  expect(manualDocument(ALICES_MANUAL, CREATED + 30 * MINUTE_MS)).toMatchObject({ status: 'failed', failure: { code: 'upload_expired' } });
  expect(manualDocument({ ...ALICES_MANUAL, status: 'validating' }, CREATED + 60 * MINUTE_MS)).not.toHaveProperty('failure');
});
