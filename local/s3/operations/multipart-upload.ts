import { checksumOf, claimedChecksum, parseAlgorithm, parseChecksumType, verifyContent } from '../checksums.ts';
import type { MultipartUpload, RequestedChecksum } from '../multipart-uploads.ts';
import { describeObject, encryptionHeaders } from '../object-description.ts';
import { readNumber } from '../request.ts';
import { emptyReply, type S3Call, type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidArgument, invalidRequest } from '../s3-error.ts';
import { xmlDocument } from '../xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;
const MAX_LISTED_PARTS = 1000;

export const createMultipartUpload: S3Operation = async (call, { store, uploads }) => {
  const bucket = store.bucket(call.bucket);
  const checksum = readRequestedChecksum(call);
  const upload = uploads.begin(bucket, call.key, describeObject(call.headers, bucket), checksum);
  const document = xmlDocument('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: call.key, UploadId: upload.id });
  return xmlReply(document, {
    ...encryptionHeaders(upload.description.encryption),
    ...(checksum && { 'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(), 'x-amz-checksum-type': checksum.type }),
  });
};

export const uploadPart: S3Operation = async (call, { uploads, clock }) => {
  const upload = findUpload(call, uploads);
  const number = readPartNumber(call);
  const claim = claimedChecksum(call.headers);
  verifyContent(call.headers, call.body);
  const expected = upload.checksum;
  if (expected && claim?.algorithm !== expected.algorithm && (claim || expected.type === 'COMPOSITE')) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${expected.algorithm}, actual checksum Type: ${claim?.algorithm ?? 'null'}`,
    );
  }
  const etag = Buffer.from(checksumOf('md5', call.body), 'base64').toString('hex');
  const contentFile = await upload.bucket.files.writeContent([call.body]);
  uploads.put(upload, { number, contentFile, sizeBytes: call.body.length, etag, checksum: claim, lastModifiedMs: clock.now() });
  return emptyReply(200, {
    etag: `"${etag}"`,
    ...(claim && { [`x-amz-checksum-${claim.algorithm}`]: claim.value }),
    ...encryptionHeaders(upload.description.encryption),
  });
};

export const abortMultipartUpload: S3Operation = async (call, { uploads }) => {
  const upload = findUpload(call, uploads);
  uploads.hide(upload);
  uploads.forget(upload);
  upload.discardParts();
  return emptyReply(204);
};

export const listParts: S3Operation = async (call, { uploads }) => {
  const upload = findUpload(call, uploads);
  const after = readNumber(call.query, 'part-number-marker', 0, MAX_PART_NUMBER);
  const maxParts = readNumber(call.query, 'max-parts', MAX_LISTED_PARTS, MAX_LISTED_PARTS);
  const remaining = upload.parts.filter((part) => part.number > after);
  const listed = remaining.slice(0, maxParts);
  const document = xmlDocument('ListPartsResult', {
    Bucket: call.bucket,
    Key: call.key,
    UploadId: upload.id,
    PartNumberMarker: after,
    NextPartNumberMarker: listed.at(-1)?.number ?? 0,
    MaxParts: maxParts,
    IsTruncated: listed.length < remaining.length,
    StorageClass: 'STANDARD',
    ChecksumAlgorithm: upload.checksum?.algorithm.toUpperCase(),
    ChecksumType: upload.checksum?.type,
    Part: listed.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.sizeBytes,
      ...(part.checksum && { [`Checksum${part.checksum.algorithm.toUpperCase()}`]: part.checksum.value }),
    })),
  });
  return xmlReply(document);
};

/** The upload that a request names. Throws NoSuchUpload. */
export function findUpload(call: S3Call, uploads: { find(id: string, bucket: string, key: string): MultipartUpload }): MultipartUpload {
  return uploads.find(call.query.get('uploadId') ?? '', call.bucket, call.key);
}

function readRequestedChecksum({ headers }: S3Call): RequestedChecksum | undefined {
  const name = headers['x-amz-checksum-algorithm'];
  const type = headers['x-amz-checksum-type'];
  if (name === undefined) {
    if (type !== undefined)
      throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
    return undefined;
  }
  const algorithm = parseAlgorithm(name);
  return { algorithm, type: parseChecksumType(type, algorithm) };
}

function readPartNumber({ query }: S3Call): number {
  const text = query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw invalidArgument(`Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`, 'partNumber', text);
  }
  return number;
}
