import { createHash } from 'node:crypto';
import { checksumMembers, checksumOf, claimedChecksum, type Digest, newDigest, type StoredChecksum } from '../checksums.ts';
import type { MultipartUpload, UploadedPart } from '../multipart-uploads.ts';
import { encryptionHeaders, versionHeader } from '../object-description.ts';
import { writeConditions } from '../preconditions.ts';
import { type S3Call, type S3Operation, xmlReply } from '../s3-call.ts';
import { invalidRequest, malformedXml, notImplemented, S3Error } from '../s3-error.ts';
import { commitDraft, etagFor } from '../store-object.ts';
import { parseXml, xmlDocument } from '../xml.ts';
import { findUpload } from './multipart-upload.ts';

/** All parts but the last have at least 5 MiB (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const MIN_PART_BYTES = 5 * 1024 * 1024;

export const completeMultipartUpload: S3Operation = async (call, { uploads, events }) => {
  const upload = findUpload(call, uploads);
  const { bucket, key, description } = upload;
  const parts = selectParts(upload, call.body);
  const sizeBytes = parts.reduce((total, part) => total + part.sizeBytes, 0);
  if (Number(call.headers['x-amz-mp-object-size'] ?? sizeBytes) !== sizeBytes) {
    throw invalidRequest('The provided x-amz-mp-object-size header does not match the size of the parts.');
  }
  const check = writeConditions(call.headers, key);
  // Nobody may touch the parts while they are put together.
  uploads.hide(upload);
  try {
    const { contentFile, checksum } = await assemble(upload, parts);
    const etag = `${etagFor(description.encryption, etagOfParts(parts))}-${parts.length}`;
    const draft = { ...description, key, contentFile, sizeBytes, etag, checksum };
    const object = commitDraft(bucket, draft, {
      check: (current) => {
        checkStatedChecksum(call, checksum);
        check(current);
      },
      along: (created) => {
        uploads.forget(upload);
        events.created(bucket, created, 'CompleteMultipartUpload', call);
      },
    });
    upload.discardParts();
    const document = xmlDocument('CompleteMultipartUploadResult', {
      Location: `http://${call.headers['host']}/${bucket.name}/${encodeURIComponent(key)}`,
      Bucket: bucket.name,
      Key: key,
      ETag: `"${object.etag}"`,
      ...checksumMembers(checksum),
    });
    return xmlReply(document, { ...versionHeader(bucket, object), ...encryptionHeaders(object.encryption) });
  } catch (error) {
    uploads.show(upload);
    throw error;
  }
};

/** The parts that the request lists, each as it was uploaded. */
function selectParts(upload: MultipartUpload, body: Buffer): UploadedPart[] {
  const { Part: listed } = parseXml(body, 'CompleteMultipartUpload');
  if (!Array.isArray(listed)) throw malformedXml();
  const parts = listed.map((part) => selectPart(upload, part));
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (!next) break;
    if (next.number <= part.number) {
      throw new S3Error(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
        400,
      );
    }
    if (part.sizeBytes < MIN_PART_BYTES) {
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
        ProposedSize: part.sizeBytes,
        MinSizeAllowed: MIN_PART_BYTES,
        PartNumber: part.number,
        ETag: part.etag,
      });
    }
  }
  return parts;
}

function selectPart(upload: MultipartUpload, listed: Readonly<Record<string, unknown>>): UploadedPart {
  const number = Number(listed['PartNumber']);
  const part = upload.part(number);
  const etag = String(listed['ETag'])
    .trim()
    .replace(/^"(.*)"$/, '$1');
  if (!part || part.etag !== etag) throw invalidPart(upload, number, etag);
  for (const [name, value] of Object.entries(listed)) {
    if (!name.startsWith('Checksum')) continue;
    const algorithm = name.slice('Checksum'.length).toLowerCase();
    if (part.checksum?.algorithm !== algorithm || part.checksum.value !== value) throw invalidPart(upload, number, etag);
  }
  const { checksum } = upload;
  if (checksum?.type === 'COMPOSITE' && listed[`Checksum${checksum.algorithm.toUpperCase()}`] === undefined) {
    throw invalidRequest(
      `The upload was created using a ${checksum.algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  return part;
}

/** Writes the parts into one file, and takes the object's checksum on the way. */
async function assemble(
  upload: MultipartUpload,
  parts: readonly UploadedPart[],
): Promise<{ contentFile: string; checksum: StoredChecksum }> {
  const { algorithm, type } = upload.checksum ?? { algorithm: 'crc64nvme', type: 'FULL_OBJECT' };
  const digest = newDigest(algorithm);
  const contentFile = await upload.bucket.files.writeContent(contentOf(upload, parts, digest));
  const value = type === 'FULL_OBJECT' ? digest.base64() : compositeChecksum(algorithm, parts);
  return { contentFile, checksum: { algorithm, type, value } };
}

async function* contentOf(upload: MultipartUpload, parts: readonly UploadedPart[], digest: Digest): AsyncGenerator<Buffer> {
  for (const part of parts) {
    for await (const piece of upload.bucket.files.readContent(part.contentFile, 0, part.sizeBytes - 1)) {
      digest.update(piece);
      yield piece;
    }
  }
}

function compositeChecksum(algorithm: StoredChecksum['algorithm'], parts: readonly UploadedPart[]): string {
  const checksums = parts.map((part) => Buffer.from(part.checksum?.value ?? '', 'base64'));
  return `${checksumOf(algorithm, Buffer.concat(checksums))}-${parts.length}`;
}

function etagOfParts(parts: readonly UploadedPart[]): string {
  return createHash('md5')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex'))))
    .digest('hex');
}

function checkStatedChecksum({ headers }: S3Call, checksum: StoredChecksum): void {
  const type = headers['x-amz-checksum-type'] ?? checksum.type;
  if (type !== checksum.type) throw invalidRequest(`The upload was created with the ${checksum.type} checksum type.`);
  const stated = headers[`x-amz-checksum-${checksum.algorithm}`];
  if (stated === undefined) {
    if (claimedChecksum(headers)) throw notImplemented('a checksum of another algorithm than the upload was created with');
    return;
  }
  if (stated.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, '')) {
    throw new S3Error('BadDigest', `The ${checksum.algorithm} you specified did not match what we received.`, 400);
  }
}

function invalidPart(upload: MultipartUpload, number: number, etag: string): S3Error {
  return new S3Error(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    400,
    { UploadId: upload.id, PartNumber: number, ETag: etag },
  );
}
