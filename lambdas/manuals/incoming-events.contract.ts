import * as z from 'zod/mini';
import { text } from '../shared/function.contract.ts';

/** What GuardDuty tags a version with once it was scanned (https://docs.aws.amazon.com/guardduty/latest/ug/monitor-enable-s3-object-tagging-malware-protection.html). */
export const SCAN_TAG = 'GuardDutyMalwareScanStatus';
/** The result, and so the tag's value, of a version in which nothing was found. Any other but `FOUND` says that nothing is known. */
export const NOTHING_FOUND = 'NO_THREATS_FOUND';
const FOUND = 'THREATS_FOUND';

/** The two ways in which EventBridge tells that a file has arrived; a stage goes by one of them. */
export const OBJECT_CREATED = { source: 'aws.s3', detailType: 'Object Created' } as const;
export const SCAN_RESULT = { source: 'aws.guardduty', detailType: 'GuardDuty Malware Protection Object Scan Result' } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectCreated = z.object({
  source: z.literal(OBJECT_CREATED.source),
  'detail-type': z.literal(OBJECT_CREATED.detailType),
  detail: z.object({ object: z.object({ key: text(), 'version-id': text() }) }),
});

/** https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html */
const ScanResult = z.object({
  source: z.literal(SCAN_RESULT.source),
  'detail-type': z.literal(SCAN_RESULT.detailType),
  detail: z.object({
    /** `COMPLETED`, `SKIPPED` or `FAILED`. */
    scanStatus: text(),
    s3ObjectDetails: z.object({ objectKey: text(), versionId: text() }),
    scanResultDetails: z.object({ scanResultStatus: z.nullish(text()) }),
  }),
});

/** What a scan has shown: `inconclusive` of a file that was not, or could not be, looked into as a whole. */
export type ScanVerdict = 'clean' | 'found' | 'inconclusive';

/** The exact version of an object that has arrived. */
export interface IncomingObject {
  readonly key: string;
  readonly version: string;
  /** Absent where the event tells of the arrival alone. */
  readonly scan?: ScanVerdict;
}

/** Reads either event. Whatever is neither, or names no version, is refused by the name of what is wrong with it. */
export const IncomingEvent = z.pipe(
  z.discriminatedUnion('detail-type', [ObjectCreated, ScanResult]),
  z.transform((event: z.output<typeof ObjectCreated> | z.output<typeof ScanResult>): IncomingObject => {
    if (event['detail-type'] === OBJECT_CREATED.detailType) {
      const { object } = event.detail;
      return { key: object.key, version: object['version-id'] };
    }
    const { s3ObjectDetails, scanStatus, scanResultDetails } = event.detail;
    return { key: s3ObjectDetails.objectKey, version: s3ObjectDetails.versionId, scan: verdictOf(scanStatus, scanResultDetails) };
  }),
);

/** Only what AWS calls clean of a scan that came to its end is; a result that AWS may add one day is not. */
function verdictOf(scanStatus: string, { scanResultStatus }: { readonly scanResultStatus?: string | null | undefined }): ScanVerdict {
  if (scanResultStatus === FOUND) return 'found';
  return scanStatus === 'COMPLETED' && scanResultStatus === NOTHING_FOUND ? 'clean' : 'inconclusive';
}
