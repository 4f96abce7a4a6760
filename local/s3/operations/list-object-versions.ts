import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import { type Bucket, compareUtf8 } from '../bucket.ts';
import { isCommonPrefix, listPage, MAX_PAGE_ITEMS, nameEncoder, type Selection } from '../listing.ts';
import type { ObjectVersion } from '../object-version.ts';
import { readNumber } from '../request.ts';
import { type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidArgument } from '../s3-error.ts';
import { xmlDocument } from '../xml.ts';
import { describeListed } from './list-objects.ts';

export const listObjectVersions: S3Operation = async ({ bucket: bucketName, query }, { store }) => {
  const bucket = store.bucket(bucketName);
  const encode = nameEncoder(query.get('encoding-type'));
  const selection: Selection = {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxItems: readNumber(query, 'max-keys', MAX_PAGE_ITEMS, MAX_PAGE_ITEMS),
  };
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker');
  if (versionIdMarker !== undefined && keyMarker === '') {
    throw invalidArgument('A version-id marker cannot be specified without a key marker.', 'version-id-marker', versionIdMarker);
  }
  const versions = bucket.keys.flatMap((key) => bucket.versionsOf(key));
  const page = listPage(versions, selection, positionOf(bucket, keyMarker, versionIdMarker, selection));
  const describe = (version: ObjectVersion) => ({
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: version === bucket.current(version.key),
    LastModified: new Date(version.lastModifiedMs).toISOString(),
    ...(version.kind === 'object' && describeListed(version)),
    Owner: { ID: LOCAL_ACCOUNT },
  });
  const document = xmlDocument('ListVersionsResult', {
    Name: bucket.name,
    Prefix: encode(selection.prefix),
    Delimiter: selection.delimiter === '' ? undefined : encode(selection.delimiter),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionIdMarker ?? '',
    MaxKeys: selection.maxItems,
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.truncated,
    NextKeyMarker: page.truncated && page.last ? encode(page.last.key) : undefined,
    NextVersionIdMarker: page.truncated ? page.last?.entry?.versionId : undefined,
    Version: page.entries.filter((version) => version.kind === 'object').map(describe),
    DeleteMarker: page.entries.filter((version) => version.kind === 'delete-marker').map(describe),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  });
  return xmlReply(document);
};

/** Whether a version comes before the page: under an earlier key, or among the marker key's versions up to the marker's. */
function positionOf(bucket: Bucket, keyMarker: string, versionIdMarker: string | undefined, selection: Selection) {
  const passedPrefix = isCommonPrefix(keyMarker, selection) ? keyMarker : undefined;
  const markerVersions = bucket.versionsOf(keyMarker);
  const marker = markerVersions.findIndex(({ versionId }) => versionId === versionIdMarker);
  if (versionIdMarker !== undefined && marker < 0) {
    throw invalidArgument('Invalid version id specified', 'version-id-marker', versionIdMarker);
  }
  const passed = new Set(versionIdMarker === undefined ? markerVersions : markerVersions.slice(0, marker + 1));
  return (version: ObjectVersion): boolean =>
    compareUtf8(version.key, keyMarker) < 0 || passed.has(version) || (passedPrefix !== undefined && version.key.startsWith(passedPrefix));
}
