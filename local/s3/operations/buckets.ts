import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import { emptyReply, type S3Operation, xmlReply } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { taggingDocument } from '../tagging-document.ts';
import { xmlDocument } from '../xml.ts';

export const listBuckets: S3Operation = async (_call, { store, region }) => {
  const buckets = store.buckets().map(({ name, createdAtMs, arn }) => ({
    Name: name,
    CreationDate: new Date(createdAtMs).toISOString(),
    BucketRegion: region,
    BucketArn: arn,
  }));
  return xmlReply(xmlDocument('ListAllMyBucketsResult', { Owner: { ID: LOCAL_ACCOUNT }, Buckets: { Bucket: buckets } }));
};

export const headBucket: S3Operation = async ({ bucket }, { store, region }) => {
  const { arn } = store.bucket(bucket);
  return emptyReply(200, { 'x-amz-bucket-region': region, 'x-amz-bucket-arn': arn, 'x-amz-access-point-alias': 'false' });
};

export const getBucketLocation: S3Operation = async ({ bucket }, { store, region }) => {
  store.bucket(bucket);
  // The oldest region has no constraint to name.
  return xmlReply(xmlDocument('LocationConstraint', { '#text': region === 'us-east-1' ? '' : region }));
};

export const getBucketVersioning: S3Operation = async ({ bucket }, { store }) =>
  xmlReply(xmlDocument('VersioningConfiguration', { Status: store.bucket(bucket).versioning }));

export const getBucketTagging: S3Operation = async ({ bucket }, { store }) => {
  const { tags } = store.bucket(bucket).configuration;
  if (Object.keys(tags).length === 0) throw new S3Error('NoSuchTagSet', 'The TagSet does not exist', 404, { BucketName: bucket });
  return xmlReply(taggingDocument(tags));
};
