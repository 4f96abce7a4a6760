import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { OBJECT_CREATED, SCAN_RESULT } from '../../lambdas/manuals/incoming-events.contract.ts';
import { INCOMING_PREFIX } from '../../lambdas/manuals/manuals.contract.ts';
import type { StageConfig } from '../stage-config.ts';

/** The events that start an ingestion: that a file has arrived or, where the stage scans, what its scan has shown. Never both. */
export function arrivalPattern({ bucketName }: IBucket, { malwareScan }: StageConfig): EventPattern {
  const key = [{ prefix: INCOMING_PREFIX }];
  const { source, detailType } = malwareScan ? SCAN_RESULT : OBJECT_CREATED;
  return {
    source: [source],
    detailType: [detailType],
    detail: malwareScan
      ? { s3ObjectDetails: { bucketName: [bucketName], objectKey: key } }
      : { bucket: { name: [bucketName] }, object: { key } },
  };
}
