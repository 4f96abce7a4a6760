import { LOCAL_ACCOUNT } from '../../platform/principal.ts';
import { compareUtf8 } from '../bucket.ts';
import { MAX_PAGE_ITEMS, nameEncoder } from '../listing.ts';
import { readNumber } from '../request.ts';
import { type S3Operation, xmlReply } from '../s3-call.ts';
import { xmlDocument } from '../xml.ts';

/** The uploads to a bucket that are neither completed nor aborted; not when they began, which is not kept. */
export const listMultipartUploads: S3Operation = async ({ bucket: bucketName, query }, { store, uploads }) => {
  const { name } = store.bucket(bucketName);
  const encode = nameEncoder(query.get('encoding-type'));
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker');
  const maxUploads = readNumber(query, 'max-uploads', MAX_PAGE_ITEMS, MAX_PAGE_ITEMS);
  // A key's own uploads come after the marker only where another marker names one of them.
  const isPast = ({ key, id }: { key: string; id: string }) =>
    compareUtf8(key, keyMarker) > 0 || (key === keyMarker && idMarker !== undefined && compareUtf8(id, idMarker) > 0);
  const remaining = uploads.under(name).filter((upload) => upload.key.startsWith(prefix) && isPast(upload));
  const listed = remaining.slice(0, maxUploads);
  const truncated = listed.length < remaining.length && maxUploads > 0;
  const last = truncated ? listed.at(-1) : undefined;
  const document = xmlDocument('ListMultipartUploadsResult', {
    Bucket: name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker ?? '',
    NextKeyMarker: last && encode(last.key),
    NextUploadIdMarker: last?.id,
    Prefix: encode(prefix),
    EncodingType: query.get('encoding-type'),
    MaxUploads: maxUploads,
    IsTruncated: truncated,
    Upload: listed.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      Initiator: { ID: LOCAL_ACCOUNT },
      Owner: { ID: LOCAL_ACCOUNT },
      StorageClass: 'STANDARD',
    })),
  });
  return xmlReply(document);
};
