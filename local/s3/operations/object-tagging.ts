import { verifyContent } from '../checksums.ts';
import { versionHeader } from '../object-description.ts';
import { emptyReply, type S3Operation, xmlReply } from '../s3-call.ts';
import { parseTagging, taggingDocument } from '../tagging-document.ts';
import { findObject } from './get-object.ts';

export const getObjectTagging: S3Operation = async (call, { store }) => {
  const bucket = store.bucket(call.bucket);
  const object = findObject(bucket, call.key, call.query.get('versionId'));
  return xmlReply(taggingDocument(object.tags ?? {}), versionHeader(bucket, object));
};

export const putObjectTagging: S3Operation = async (call, { store }) => {
  const bucket = store.bucket(call.bucket);
  verifyContent(call.headers, call.body);
  const tags = parseTagging(call.body);
  const object = findObject(bucket, call.key, call.query.get('versionId'));
  bucket.tag(object, tags);
  return emptyReply(200, versionHeader(bucket, object));
};
