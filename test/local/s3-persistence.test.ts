import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { State } from '../../local/platform/state.ts';
import type { ObjectEvent } from '../../local/s3/object-events.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor } from '../support/front-door.ts';

const Bucket = 'kept-objects';
const PART_BYTES = 5 * 1024 * 1024;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 's3-persistence-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs S3 on the directory, as one start of the runtime does. */
async function run(
  work: (client: S3Client, state: State) => Promise<void>,
  onObjectEvent: (event: ObjectEvent, state: State) => void = () => undefined,
) {
  const state = State.open(path.join(directory, 'state'));
  const place = path.join(directory, 's3');
  const door = await openFrontDoor(({ clock, keys }) => [
    new S3Service({ clock, keys, region: 'eu-west-1', directory: place, state, onObjectEvent: (event) => onObjectEvent(event, state) }),
  ]);
  const client = new S3Client(door.clientConfig);
  await door.provision('AWS::S3::Bucket', 'Bucket', {
    BucketName: Bucket,
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  });
  try {
    await work(client, state);
  } finally {
    client.destroy();
    await door.close();
    state.close();
  }
}

test('an object is found again as it was, with its description and tags', async () => {
  await run(async (client) => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'a/ö', Body: 'text', ContentType: 'text/plain', Metadata: { owner: 'ada' } }));
    await client.send(new PutObjectTaggingCommand({ Bucket, Key: 'a/ö', Tagging: { TagSet: [{ Key: 'scan', Value: 'clean' }] } }));
  });
  await run(async (client) => {
    const { Body, ContentType, Metadata } = await client.send(new GetObjectCommand({ Bucket, Key: 'a/ö' }));
    expect([await Body?.transformToString(), ContentType, Metadata]).toEqual(['text', 'text/plain', { owner: 'ada' }]);
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'a/ö' }));
    expect(TagSet).toEqual([{ Key: 'scan', Value: 'clean' }]);
  });
});

test('an upload in parts that was begun before a restart is completed after it', async () => {
  let UploadId: string | undefined;
  const first = Buffer.alloc(PART_BYTES, 'a');
  let ETag: string | undefined;
  await run(async (client) => {
    ({ UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'large', ContentType: 'application/pdf' })));
    ({ ETag } = await client.send(new UploadPartCommand({ Bucket, Key: 'large', UploadId, PartNumber: 1, Body: first })));
  });
  await run(async (client) => {
    const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key: 'large', UploadId }));
    expect(Parts).toMatchObject([{ PartNumber: 1, ETag, Size: PART_BYTES }]);
    const last = await client.send(new UploadPartCommand({ Bucket, Key: 'large', UploadId, PartNumber: 2, Body: 'end' }));
    const Parts2 = [
      { PartNumber: 1, ETag },
      { PartNumber: 2, ETag: last.ETag },
    ];
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'large', UploadId, MultipartUpload: { Parts: Parts2 } }));
  });
  await run(async (client) => {
    const { ContentLength, ContentType } = await client.send(new HeadObjectCommand({ Bucket, Key: 'large' }));
    expect([ContentLength, ContentType]).toEqual([PART_BYTES + 3, 'application/pdf']);
    await expect(client.send(new ListPartsCommand({ Bucket, Key: 'large', UploadId }))).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(readdirSync(path.join(directory, 's3', Bucket))).toHaveLength(1);
  });
});

test('an upload that was aborted stays so, and leaves no bytes', async () => {
  let UploadId: string | undefined;
  await run(async (client) => {
    ({ UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'large' })));
    await client.send(new UploadPartCommand({ Bucket, Key: 'large', UploadId, PartNumber: 1, Body: 'part' }));
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'large', UploadId }));
  });
  await run(async (client) => {
    await expect(client.send(new ListPartsCommand({ Bucket, Key: 'large', UploadId }))).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(readdirSync(path.join(directory, 's3', Bucket))).toEqual([]);
  });
});

test('what is told of an object is stored in one step with it, or neither is', async () => {
  const tell = ({ 'detail-type': type, detail }: ObjectEvent, state: State) => {
    state.map('told').set(`${type} ${detail.object.key}`, true);
    if (detail.object.key === 'refused') throw new Error('the disk is full');
  };
  await run(async (client) => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'text' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'kept' }));
    await expect(client.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'text' }))).rejects.toMatchObject({
      name: 'InternalError',
    });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'refused' }))).rejects.toMatchObject({ name: 'NotFound' });
  }, tell);
  await run(async (client, state) => {
    expect([...state.map('told').keys()]).toEqual(['Object Created kept', 'Object Deleted kept']);
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'refused' }))).rejects.toMatchObject({ name: 'NotFound' });
  });
});
