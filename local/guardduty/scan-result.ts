import type { PublishedEvent } from '../eventbridge/event.ts';

/** https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html */
const SCAN_STATUSES = {
  NO_THREATS_FOUND: 'COMPLETED',
  THREATS_FOUND: 'COMPLETED',
  UNSUPPORTED: 'SKIPPED',
  ACCESS_DENIED: 'SKIPPED',
  FAILED: 'FAILED',
} as const;

/** What a scan has shown, or why it could not show anything. */
export type ScanResultStatus = keyof typeof SCAN_STATUSES;
/** What leaves open whether there is malware. */
export const INCONCLUSIVE = ['UNSUPPORTED', 'ACCESS_DENIED', 'FAILED'] as const satisfies readonly ScanResultStatus[];
export type InconclusiveResult = (typeof INCONCLUSIVE)[number];

/** An object that has arrived. */
export interface ScannedObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  /** Absent in a bucket that keeps no versions. */
  readonly versionId: string | undefined;
}

/** https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html */
export function scanResultEvent(
  planArn: string,
  { bucket, key, etag, versionId }: ScannedObject,
  status: ScanResultStatus,
): PublishedEvent {
  return {
    source: 'aws.guardduty',
    'detail-type': 'GuardDuty Malware Protection Object Scan Result',
    resources: [planArn],
    detail: {
      schemaVersion: '1.0',
      scanStatus: SCAN_STATUSES[status],
      resourceType: 'S3_OBJECT',
      s3ObjectDetails: {
        bucketName: bucket,
        objectKey: key,
        eTag: etag,
        ...(versionId !== undefined && { versionId }),
        s3Throttled: false,
      },
      scanResultDetails: {
        scanResultStatus: status,
        threats: status === 'THREATS_FOUND' ? [{ name: 'EICAR-Test-File (not a virus)' }] : null,
      },
    },
  };
}
