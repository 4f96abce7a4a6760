import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import { compareUtf8 } from '../bucket.ts';
import { isCommonPrefix, listPage, MAX_PAGE_ITEMS, nameEncoder, type Selection } from '../listing.ts';
import type { StoredObject } from '../object-version.ts';
import { readNumber } from '../request.ts';
import { type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidArgument } from '../s3-error.ts';
import { xmlDocument } from '../xml.ts';

export const listObjectsV2: S3Operation = async ({ bucket: bucketName, query }, { store }) => {
  const bucket = store.bucket(bucketName);
  const encode = nameEncoder(query.get('encoding-type'));
  const selection: Selection = {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxItems: readNumber(query, 'max-keys', MAX_PAGE_ITEMS, MAX_PAGE_ITEMS),
  };
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : readToken(token);
  const passedPrefix = isCommonPrefix(after, selection) ? after : undefined;
  const objects = bucket.keys.map((key) => bucket.currentObject(key)).filter((object) => object !== undefined);
  const page = listPage(
    objects,
    selection,
    ({ key }) => compareUtf8(key, after) <= 0 || (passedPrefix !== undefined && key.startsWith(passedPrefix)),
  );
  const withOwner = query.get('fetch-owner') === 'true';
  const document = xmlDocument('ListBucketResult', {
    Name: bucket.name,
    Prefix: encode(selection.prefix),
    Delimiter: selection.delimiter === '' ? undefined : encode(selection.delimiter),
    MaxKeys: selection.maxItems,
    EncodingType: query.get('encoding-type'),
    KeyCount: page.entries.length + page.commonPrefixes.length,
    IsTruncated: page.truncated,
    ContinuationToken: token,
    NextContinuationToken: page.truncated && page.last ? writeToken(page.last.key) : undefined,
    StartAfter: query.has('start-after') ? encode(query.get('start-after') ?? '') : undefined,
    Contents: page.entries.map((object) => ({
      Key: encode(object.key),
      ...describeListed(object),
      ...(withOwner && { Owner: { ID: LOCAL_ACCOUNT } }),
    })),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  });
  return xmlReply(document);
};

/** What listings say of an object beside its key. */
export function describeListed(object: StoredObject) {
  return {
    LastModified: new Date(object.lastModifiedMs).toISOString(),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum.algorithm.toUpperCase(),
    ChecksumType: object.checksum.type,
    Size: object.sizeBytes,
    StorageClass: 'STANDARD',
  };
}

function writeToken(key: string): string {
  return Buffer.from(`after:${key}`).toString('base64');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith('after:')) throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  return text.slice('after:'.length);
}
