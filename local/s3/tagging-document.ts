import type { Tags } from './object-version.ts';
import { malformedXml, S3Error } from './s3-error.ts';
import { parseXml, xmlDocument } from './xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;

/** Tags as S3's API writes them. */
export function taggingDocument(tags: Tags): string {
  return xmlDocument('Tagging', { TagSet: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } });
}

/** Reads such a document. Throws MalformedXML, InvalidTag, and BadRequest for more tags than an object may have. */
export function parseTagging(body: Buffer): Tags {
  const { TagSet: set } = parseXml(body, 'Tagging');
  const list = typeof set === 'object' && set !== null && 'Tag' in set ? (set.Tag as readonly unknown[]) : [];
  const tags = list.map(parseTag);
  if (tags.length > MAX_TAGS) throw new S3Error('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`, 400);
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw invalidTag('Cannot provide multiple Tags with the same key');
  return Object.fromEntries(tags);
}

function parseTag(tag: unknown): [key: string, value: string] {
  const { Key: key, Value: value } = (typeof tag === 'object' && tag !== null ? tag : {}) as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' || typeof value !== 'string') throw malformedXml();
  if (key === '' || key.length > MAX_KEY_CHARACTERS) throw invalidTag('The TagKey you have provided is invalid');
  if (value.length > MAX_VALUE_CHARACTERS) throw invalidTag('The TagValue you have provided is invalid');
  return [key, value];
}

const invalidTag = (message: string) => new S3Error('InvalidTag', message, 400);
