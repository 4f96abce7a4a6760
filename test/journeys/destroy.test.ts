import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { EMPTIED_BY } from '../../lambdas/storage/empty-bucket.contract.ts';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { type StartedRuntime, startRuntime } from '../support/runtime.ts';
import { operatorConfig } from '../support/users.ts';

/** One more than S3 lists or removes at once. */
const MARKERS = 1001;
const STACK_ID = 'arn:aws:cloudformation:eu-west-1:000000000000:stack/Manuel-dev-storage/00000000-0000-4000-8000-000000000000';

/** Where CloudFormation takes answers: an address of S3 that is signed for one request, which may refuse it. */
class AnswerAddress {
  readonly #server: Server;
  readonly #answers: { contentType: string | undefined; answer: Record<string, string> }[] = [];
  status = 200;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const answer = JSON.parse(Buffer.concat(parts).toString());
      this.#answers.push({ contentType: request.headers['content-type'], answer });
      response.writeHead(request.method === 'PUT' ? this.status : 405).end();
    });
  }

  async open(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/answer?X-Amz-Signature=secret`;
  }

  take() {
    return this.#answers.splice(0);
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const address = new AnswerAddress();
let runtime: StartedRuntime;
let control: RuntimeControl;
let s3: S3Client;
let lambda: LambdaClient;
let buckets: { name: string; resource: string }[];

beforeAll(async () => {
  await address.open();
  runtime = await startRuntime();
  control = new RuntimeControl(runtime.file);
  s3 = new S3Client(operatorConfig(runtime.file));
  lambda = new LambdaClient(operatorConfig(runtime.file));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  buckets = await Promise.all(
    Buckets.map(async ({ Name = '' }) => {
      const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket: Name }));
      return { name: Name, resource: TagSet.find(({ Key }) => Key === EMPTIED_BY)?.Value ?? '' };
    }),
  );
});

afterAll(async () => {
  s3.destroy();
  lambda.destroy();
  await address.close();
  expect(await runtime.stop()).toBe(0);
});

/** What CloudFormation asks of a resource, and what it is told; `failed` says that Lambda would try again. */
async function ask(RequestType: 'Create' | 'Update' | 'Delete', bucket: string, LogicalResourceId: string) {
  const event = {
    RequestType,
    ServiceToken: 'arn:aws:lambda:eu-west-1:000000000000:function:any',
    ResponseURL: address.url,
    StackId: STACK_ID,
    RequestId: 'a-request',
    LogicalResourceId,
    ResourceType: 'Custom::EmptyBucket',
    ...(RequestType !== 'Create' && { PhysicalResourceId: 'what-create-named' }),
    ResourceProperties: { ServiceToken: 'as above', BucketName: bucket },
  };
  const FunctionName = runtime.file.functions.find(({ path }) => path.endsWith('/EmptyBucket/Function'))?.name;
  const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return { answers: address.take(), failed: FunctionError !== undefined };
}

const answered = (answer: object) => ({ answers: [{ contentType: '', answer: expect.objectContaining(answer) }], failed: false });
const SUCCESS = answered({ Status: 'SUCCESS', StackId: STACK_ID, RequestId: 'a-request' });

/** Versions, delete markers and unfinished uploads, as far as one listing has them. */
async function contentOf(Bucket: string): Promise<[versions: number, markers: number, uploads: number]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  return [Versions.length, DeleteMarkers.length, Uploads.length];
}

/** An object with two versions and a delete marker where the bucket keeps versions, otherwise nothing; and an upload with a part. */
async function fill(Bucket: string): Promise<void> {
  const Key = 'manuals/a/ä & b+c.txt';
  for (const Body of ['first', 'second']) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'transcripts/left.json', Body: '{}' }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' }));
}

/** A delete marker for each of so many keys, which takes two requests. */
async function mark(Bucket: string, count: number): Promise<void> {
  const Objects = Array.from({ length: count }, (_, index) => ({ Key: `manuals/many/${index}` }));
  while (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Objects.splice(0, 1000) } }));
}

test('both buckets are emptied when their stack is deleted, and only then, by the custom resource that they name', async () => {
  expect(buckets.map(({ resource }) => resource)).toEqual([
    expect.stringMatching(/^EmptyBucketManuals/),
    expect.stringMatching(/^EmptyBucketRecordings/),
  ]);
  for (const [index, { name, resource }] of buckets.entries()) {
    const other = buckets[1 - index]?.resource ?? '';
    await fill(name);
    const full = await contentOf(name);
    expect(full).toEqual(index === 0 ? [3, 1, 1] : [1, 0, 1]);
    expect(await ask('Create', name, resource)).toEqual(answered({ Status: 'SUCCESS', PhysicalResourceId: resource }));
    expect(await ask('Update', name, resource)).toEqual(answered({ Status: 'SUCCESS', PhysicalResourceId: 'what-create-named' }));
    // As in an update that gives the resource another name: the bucket names the new one by then.
    expect(await ask('Delete', name, other)).toEqual(SUCCESS);
    expect(await contentOf(name)).toEqual(full);
    expect(await ask('Delete', name, resource)).toEqual(SUCCESS);
    expect(await contentOf(name)).toEqual([0, 0, 0]);
    // Tried again, as Lambda may.
    expect(await ask('Delete', name, resource)).toEqual(SUCCESS);
  }
});

test('a bucket that holds more than a page is emptied page by page', async () => {
  const [{ name = '', resource = '' } = {}] = buckets;
  await mark(name, MARKERS);
  expect(await contentOf(name)).toEqual([0, 1000, 0]);
  expect(await ask('Delete', name, resource)).toEqual(SUCCESS);
  expect(await contentOf(name)).toEqual([0, 0, 0]);
});

test('CloudFormation is told why a bucket could not be emptied, and which', async () => {
  const [{ name = '', resource = '' } = {}] = buckets;
  await fill(name);
  await control.armFault({ service: 's3', operation: 'DeleteObjects', kind: 'deny' });
  const { answers } = await ask('Delete', name, resource);
  expect(answers).toEqual([
    {
      contentType: '',
      answer: expect.objectContaining({ Status: 'FAILED', Reason: expect.stringContaining(`${name} could not be emptied: `) }),
    },
  ]);
  await control.clearFaults();
  expect(await ask('Delete', name, resource)).toEqual(SUCCESS);
});

test('an answer that CloudFormation does not take is an error, which Lambda tries again', async () => {
  const [{ name = '', resource = '' } = {}] = buckets;
  address.status = 503;
  expect(await ask('Delete', name, resource)).toMatchObject({ failed: true });
  address.status = 200;
  expect(await ask('Delete', name, resource)).toEqual(SUCCESS);
});
