import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { CapabilityFunction } from './capability-function.ts';
import { explainWildcard } from './compliance.ts';

/** The bucket's own grants allow far more: tags, retention, legal holds, listing. */
export function allowObjects(fn: CapabilityFunction, bucket: IBucket, prefix: string, ...actions: string[]): void {
  fn.addToRolePolicy(new PolicyStatement({ actions, resources: [bucket.arnForObjects(`${prefix}*`)] }));
  explainWildcard(fn, { actions, ending: `/${prefix}*`, reason: `Which objects there are under ${prefix} only time tells.` });
}
