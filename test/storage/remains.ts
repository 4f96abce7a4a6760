import { EMPTIED_BY, EMPTY_BUCKET } from '../../lambdas/storage/empty-bucket.contract.ts';
import type { StackResource } from '../support/stack-resources.ts';

/** What a destroyed stack leaves behind of a resource, a few words each. */
type Remains = (resource: StackResource, all: readonly StackResource[]) => readonly string[];

/** Unless a type says otherwise, CloudFormation deletes what has no policy (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html). */
const retained: Remains = ({ deletionPolicy = 'Delete' }) => (deletionPolicy === 'Delete' ? [] : ['kept by its stack']);

/** KMS's own number where none is named (https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html). */
const KEY_WAITS_DAYS = 30;

const BY_TYPE: Readonly<Record<string, Remains>> = {
  'AWS::S3::Bucket': (bucket, all) => (isEmptied(bucket, all) ? [] : ['not empty, so S3 keeps it']),
  'AWS::KMS::Key': ({ properties: { PendingWindowInDays = KEY_WAITS_DAYS } }) => [
    `waits ${PendingWindowInDays} days, unusable and free, in which it can be restored`,
  ],
  'AWS::DynamoDB::Table': ({ properties }) => [
    ...(properties['DeletionProtectionEnabled'] === true ? ['protected against deletion'] : []),
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
    ...(isOn(properties, 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled') ? ['a last backup, free, for 35 days'] : []),
  ],
  'AWS::Cognito::UserPool': ({ properties: { DeletionProtection, EmailConfiguration } }) => [
    ...(DeletionProtection === 'ACTIVE' ? ['protected against deletion'] : []),
    ...(JSON.stringify(EmailConfiguration ?? '').includes('DEVELOPER') ? ["the account's service-linked role for Cognito's mail"] : []),
  ],
  // Lambda makes a log group by itself where it is given none, and nobody deletes that.
  'AWS::Lambda::Function': ({ properties }) => ('LoggingConfig' in properties ? [] : ['a log group that Lambda made']),
  // The same for execution logs.
  'AWS::ApiGateway::Stage': ({ properties }) =>
    /"LoggingLevel":"(INFO|ERROR)"/.test(JSON.stringify(properties)) ? ['a log group that API Gateway made'] : [],
  // https://docs.aws.amazon.com/waf/latest/developerguide/using-service-linked-roles.html
  'AWS::WAFv2::LoggingConfiguration': () => ["the account's service-linked role for WAF's logs"],
};

/** What a destroy would leave behind, by what it is: the names of the resources that it comes from. */
export function remainsOf(resources: readonly StackResource[]): Record<string, string[]> {
  const remains: Record<string, string[]> = {};
  for (const resource of resources) {
    const kept = retained(resource, resources);
    for (const what of kept.length > 0 ? kept : (BY_TYPE[resource.type]?.(resource, resources) ?? [])) {
      remains[what] = [...(remains[what] ?? []), resource.name];
    }
  }
  return remains;
}

/** Whether a custom resource empties the bucket, and the bucket names it; and what it needs for that goes after it. */
function isEmptied(bucket: StackResource, all: readonly StackResource[]): boolean {
  const tags = (bucket.properties['Tags'] ?? []) as readonly { Key: string; Value: unknown }[];
  const emptiedBy = tags.find(({ Key }) => Key === EMPTIED_BY)?.Value;
  const inStack = all.filter(({ stack }) => stack === bucket.stack);
  const resource = inStack.find(({ type, logicalId }) => type === EMPTY_BUCKET && logicalId === emptiedBy);
  const text = JSON.stringify(resource?.properties ?? {});
  const policies = inStack.filter(
    ({ type, properties }) => type === 'AWS::IAM::Policy' && JSON.stringify(properties).includes(bucket.logicalId),
  );
  return (
    text.includes(`"BucketName":{"Ref":"${bucket.logicalId}"}`) &&
    inStack.some(({ type, logicalId }) => type === 'AWS::Lambda::Function' && text.includes(`"Fn::GetAtt":["${logicalId}"`)) &&
    policies.some(({ logicalId }) => resource?.dependsOn.includes(logicalId))
  );
}

function isOn(properties: Readonly<Record<string, unknown>>, part: string, name: string): boolean {
  const value = properties[part];
  return typeof value === 'object' && value !== null && (value as Readonly<Record<string, unknown>>)[name] === true;
}
