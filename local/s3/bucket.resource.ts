import { generatedName } from '../platform/names.ts';
import type { ResourceType } from '../platform/service.ts';
import { parseBucket } from './bucket-configuration.ts';
import type { ObjectStore } from './object-store.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const MAX_NAME_LENGTH = 63;
const NAME_PATTERN = /^(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** `AWS::S3::Bucket`. Creating one that an earlier run created opens it with its objects. */
export function bucketType(store: ObjectStore, region: string): ResourceType {
  return {
    type: 'AWS::S3::Bucket',
    honours: [
      'BucketName',
      'VersioningConfiguration.Status',
      'NotificationConfiguration.EventBridgeConfiguration',
      'CorsConfiguration.CorsRules',
      'OwnershipControls.Rules',
      'Tags',
    ],
    inert: {
      BucketEncryption: 'answers name the algorithm, but the files on this machine are not encrypted',
      LifecycleConfiguration: 'objects stay until they are deleted; and so do unfinished multipart uploads',
      PublicAccessBlockConfiguration: 'nothing is public: every request must be signed',
    },
    replacedOn: ['BucketName'],
    create: async ({ stackName, logicalId, properties }) => {
      const { name: givenName, configuration } = parseBucket(properties);
      const name = givenName ?? generatedName(stackName, logicalId, MAX_NAME_LENGTH).toLowerCase();
      if (!NAME_PATTERN.test(name)) throw new Error(`"${name}" is not a valid bucket name`);
      const { arn } = store.provision(name, configuration);
      return {
        ref: name,
        attributes: {
          Arn: arn,
          DomainName: `${name}.s3.amazonaws.com`,
          DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
          WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
        },
      };
    },
  };
}
