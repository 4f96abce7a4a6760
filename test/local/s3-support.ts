import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput, type PutObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { State } from '../../local/platform/state.ts';
import type { ObjectEvent } from '../../local/s3/object-events.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

/** S3 behind a front door, spoken to through the real client. */
export interface TestS3 {
  readonly door: TestFrontDoor;
  readonly service: S3Service;
  readonly client: S3Client;
  /** What buckets have announced, in order. */
  readonly events: ObjectEvent[];
  /** Closes, and demands that nothing went wrong inside; the directory stays. */
  close(): Promise<void>;
}

/** Where one run leaves what the next finds. */
export interface KeptPlace {
  readonly directory: string;
  readonly state: State;
}

export function temporaryDirectory(): string {
  return mkdtempSync(path.join(tmpdir(), 's3-'));
}

/** Opens S3 on what `directory` holds of an earlier run. */
export async function openS3(directory: string): Promise<TestS3> {
  const events: ObjectEvent[] = [];
  let service: S3Service | undefined;
  const state = State.open(path.join(directory, 'state'));
  const door = await openFrontDoor(({ clock, keys }) => {
    service = new S3Service({ clock, keys, region: 'eu-west-1', directory, state, onObjectEvent: (event) => events.push(event) });
    return [service];
  });
  if (!service) throw new Error('the front door built no S3');
  const client = new S3Client(door.clientConfig);
  return {
    door,
    service,
    client,
    events,
    close: async () => {
      client.destroy();
      await door.close();
      state.close();
      expect(door.internalErrors).toEqual([]);
    },
  };
}

/** One bucket without versions, in an S3 and a directory of its own. */
export interface TestBucket extends TestS3 {
  put(Key: string, Body: PutObjectCommandInput['Body'], more?: Partial<PutObjectCommandInput>): Promise<PutObjectCommandOutput>;
  /** The content of an object as text. */
  text(Key: string, more?: object): Promise<string | undefined>;
  /** A URL that is good for a minute for whoever has it. */
  presign(method: string, urlPath: string, headers?: Fields, query?: Fields): string;
}

/** Opens S3 with one bucket; closing removes it again. */
export async function openBucket(Bucket: string): Promise<TestBucket> {
  const directory = temporaryDirectory();
  const s3 = await openS3(directory);
  const { client, door } = s3;
  await door.provision('AWS::S3::Bucket', 'Manuals', { BucketName: Bucket });
  return {
    ...s3,
    put: (Key, Body, more = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more })),
    text: async (Key, more = {}) => (await client.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString(),
    presign: (method, urlPath, headers, query) => presign(door, method, urlPath, headers, query),
    close: async () => {
      await s3.close();
      rmSync(directory, { recursive: true });
    },
  };
}

export type Fields = Record<string, string>;

/** Signs as https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html says. */
function presign({ clientConfig }: TestFrontDoor, method: string, urlPath: string, headers: Fields = {}, query: Fields = {}): string {
  const { endpoint, credentials } = clientConfig;
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${timestamp.slice(0, 8)}/eu-west-1/s3/aws4_request`;
  const signed: Record<string, string> = { ...headers, host: new URL(endpoint).host };
  const names = Object.keys(signed).sort();
  const parameters = Object.entries({
    ...query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': names.join(';'),
  }).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const canonicalRequest = [
    method,
    urlPath,
    parameters.sort().join('&'),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope, createHash('sha256').update(canonicalRequest).digest('hex')].join('\n');
  const hmac = (key: string | Buffer, message: string) => createHmac('sha256', key).update(message).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return `${endpoint}${urlPath}?${parameters.join('&')}&X-Amz-Signature=${hmac(key, stringToSign).toString('hex')}`;
}
