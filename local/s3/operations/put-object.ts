import { verifyContent } from '../checksums.ts';
import { describeObject, writtenHeaders } from '../object-description.ts';
import { writeConditions } from '../preconditions.ts';
import { emptyReply, type S3Operation } from '../s3-call.ts';
import { storeObject } from '../store-object.ts';

export const putObject: S3Operation = async (call, { store, events }) => {
  const bucket = store.bucket(call.bucket);
  const object = await storeObject(bucket, {
    key: call.key,
    content: call.body,
    description: describeObject(call.headers, bucket),
    checksum: verifyContent(call.headers, call.body),
    check: writeConditions(call.headers, call.key),
    along: (created) => events.created(bucket, created, 'PutObject', call),
  });
  return emptyReply(200, writtenHeaders(bucket, object));
};
