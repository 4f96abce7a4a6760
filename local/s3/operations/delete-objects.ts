import type { Bucket } from '../bucket.ts';
import { requireDigest, verifyContent } from '../checksums.ts';
import type { ObjectEvents } from '../object-events.ts';
import { checkKeyLength } from '../request.ts';
import { emptyReply, type S3Call, type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidArgument, malformedXml, notImplemented } from '../s3-error.ts';
import { parseXml, xmlDocument } from '../xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_KEYS = 1000;

interface ObjectToDelete {
  readonly key: string;
  readonly versionId: string | undefined;
}

/** What became of it, as both operations report it. */
interface DeletionReport {
  readonly versionId?: string;
  readonly deleteMarker?: true;
}

export const deleteObject: S3Operation = async (call, { store, events }) => {
  const bucket = store.bucket(call.bucket);
  const report = deleteOne(bucket, { key: call.key, versionId: call.query.get('versionId') }, events, call);
  return emptyReply(204, {
    ...(report.deleteMarker && { 'x-amz-delete-marker': 'true' }),
    ...(report.versionId !== undefined && { 'x-amz-version-id': report.versionId }),
  });
};

export const deleteObjects: S3Operation = async (call, { store, events }) => {
  const bucket = store.bucket(call.bucket);
  requireDigest(call.headers);
  verifyContent(call.headers, call.body);
  const { objects, quiet } = parseDelete(call.body);
  const deleted = objects.map((object) => {
    const report = deleteOne(bucket, object, events, call);
    return {
      Key: object.key,
      ...(object.versionId !== undefined && { VersionId: object.versionId }),
      ...(report.deleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: report.versionId }),
    };
  });
  return xmlReply(xmlDocument('DeleteResult', quiet ? {} : { Deleted: deleted }));
};

/** Deleting what is not there succeeds, as on AWS. */
function deleteOne(bucket: Bucket, { key, versionId }: ObjectToDelete, events: ObjectEvents, call: S3Call): DeletionReport {
  if (versionId === '') throw invalidArgument('Version id cannot be the empty string', 'versionId', '');
  if (versionId !== undefined) {
    const version = bucket.deleteVersion(key, versionId, (removed) => events.deleted(bucket, removed, call));
    return { versionId, ...(version?.kind === 'delete-marker' && { deleteMarker: true }) };
  }
  const { marker } = bucket.delete(key, (deletion) => {
    if (deletion.removed) events.deleted(bucket, deletion.removed, call);
    if (deletion.marker) events.markerCreated(bucket, deletion.marker, call);
  });
  if (!marker) return {};
  return { versionId: marker.versionId, deleteMarker: true };
}

export function parseDelete(body: Buffer): { objects: ObjectToDelete[]; quiet: boolean } {
  const { Object: objects, Quiet: quiet } = parseXml(body, 'Delete');
  if (!Array.isArray(objects) || objects.length > MAX_KEYS) throw malformedXml();
  return { objects: objects.map(parseObject), quiet: String(quiet).trim() === 'true' };
}

function parseObject(object: Readonly<Record<string, unknown>>): ObjectToDelete {
  const { Key: key, VersionId: versionId, '#text': _whitespace, ...conditions } = object;
  const [condition] = Object.keys(conditions);
  if (condition !== undefined) throw notImplemented(`the member ${condition} of an object to delete`);
  if (typeof key !== 'string' || key === '') throw malformedXml();
  checkKeyLength(key);
  return { key, versionId: versionId === undefined ? undefined : String(versionId) };
}
