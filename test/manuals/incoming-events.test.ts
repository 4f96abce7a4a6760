import * as z from 'zod/mini';
import { IncomingEvent } from '../../lambdas/manuals/incoming-events.contract.ts';

const KEY = 'incoming/alice/1';
const OBJECT_CREATED = {
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'manuals' }, object: { key: KEY, size: 3, 'version-id': 'v1' }, reason: 'POST Object' },
};

/** As https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html shows it. */
const scanResult = (scanStatus: string, scanResultStatus: string | null | undefined, s3ObjectDetails: object = {}) => ({
  version: '0',
  source: 'aws.guardduty',
  'detail-type': 'GuardDuty Malware Protection Object Scan Result',
  detail: {
    schemaVersion: '1.0',
    scanStatus,
    resourceType: 'S3_OBJECT',
    s3ObjectDetails: { bucketName: 'manuals', objectKey: KEY, eTag: 'e', versionId: 'v1', s3Throttled: false, ...s3ObjectDetails },
    scanResultDetails: { scanResultStatus, threats: scanResultStatus === 'THREATS_FOUND' ? [{ name: 'EICAR' }] : null },
  },
});

test('an arrival is read as the exact version, of which no scan is known', () => {
  expect(z.parse(IncomingEvent, OBJECT_CREATED)).toEqual({ key: KEY, version: 'v1' });
});

test.each([
  ['COMPLETED', 'NO_THREATS_FOUND', 'clean'],
  ['COMPLETED', 'THREATS_FOUND', 'found'],
  ['SKIPPED', 'UNSUPPORTED', 'inconclusive'],
  ['SKIPPED', 'ACCESS_DENIED', 'inconclusive'],
  ['FAILED', 'FAILED', 'inconclusive'],
  ['FAILED', 'NO_THREATS_FOUND', 'inconclusive'],
  ['FAILED', 'THREATS_FOUND', 'found'],
  ['COMPLETED', 'NO_THREATS_FOUND_SO_FAR', 'inconclusive'],
  ['SKIPPED', null, 'inconclusive'],
  ['COMPLETED', undefined, 'inconclusive'],
])('a scan that is %s with %s was %s', (scanStatus, scanResultStatus, scan) => {
  expect(z.parse(IncomingEvent, scanResult(scanStatus, scanResultStatus))).toEqual({ key: KEY, version: 'v1', scan });
});

test.each([
  ['an arrival without a version', { ...OBJECT_CREATED, detail: { object: { key: KEY } } }, /version-id/],
  ['a scan without a version', scanResult('COMPLETED', 'NO_THREATS_FOUND', { versionId: undefined }), /versionId/],
  ['a scan of somebody who is not GuardDuty', { ...scanResult('COMPLETED', 'NO_THREATS_FOUND'), source: 'aws.s3' }, /source/],
  ['another event', { ...OBJECT_CREATED, 'detail-type': 'Object Deleted' }, /detail-type/],
  ['what is no event', {}, /detail-type/],
])('%s is refused by name', (_, event, sentence) => {
  expect(() => z.parse(IncomingEvent, event)).toThrow(sentence);
});
