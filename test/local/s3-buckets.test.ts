import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';

const directory = mkdtempSync(path.join(tmpdir(), 's3-buckets-'));
let door: TestFrontDoor;
let service: S3Service;
let s3: S3Client;

beforeAll(async () => {
  door = await openFrontDoor(({ clock, keys }) => {
    service = new S3Service({ clock, keys, region: 'eu-west-1', directory, onObjectEvent: () => undefined });
    return [service];
  });
  s3 = new S3Client(door.clientConfig);
});

afterAll(async () => {
  s3.destroy();
  await door.close();
  rmSync(directory, { recursive: true });
  expect(door.internalErrors).toEqual([]);
});

const bucket = (logicalId: string, properties: Record<string, unknown> = {}) => door.provision('AWS::S3::Bucket', logicalId, properties);

describe('AWS::S3::Bucket', () => {
  test('is found by its name, given or generated', async () => {
    const given = await bucket('Given', { BucketName: 'given-name-1' });
    expect(given).toEqual({
      ref: 'given-name-1',
      attributes: {
        Arn: 'arn:aws:s3:::given-name-1',
        DomainName: 'given-name-1.s3.amazonaws.com',
        DualStackDomainName: 'given-name-1.s3.dualstack.eu-west-1.amazonaws.com',
        RegionalDomainName: 'given-name-1.s3.eu-west-1.amazonaws.com',
        WebsiteURL: 'http://given-name-1.s3-website-eu-west-1.amazonaws.com',
      },
    });
    const generated = await bucket('ManualsBucketWithAnExceedinglyLongLogicalIdThatMustBeCut0A1B2C3D');
    expect(generated.ref).toMatch(/^test-manualsbucket[a-z0-9]+-[0-9a-f]{12}$/);
    expect(generated.ref).toHaveLength(63);
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(expect.arrayContaining([given.ref, generated.ref]));
    const head = await s3.send(new HeadBucketCommand({ Bucket: given.ref }));
    expect(head).toMatchObject({ BucketRegion: 'eu-west-1', BucketArn: 'arn:aws:s3:::given-name-1' });
    const location = await s3.send(new GetBucketLocationCommand({ Bucket: given.ref }));
    expect(location.LocationConstraint).toBe('eu-west-1');
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'nobodys' }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('keeps versions and encrypts as the template says', async () => {
    const rule = { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'key-1' } };
    await bucket('Kms', {
      BucketName: 'kms-bucket',
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [rule] },
    });
    await bucket('Plain', { BucketName: 'plain-bucket' });
    const versioning = async (Bucket: string) => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    expect(await versioning('kms-bucket')).toBe('Enabled');
    expect(await versioning('plain-bucket')).toBeUndefined();
    await s3.send(new PutObjectCommand({ Bucket: 'kms-bucket', Key: 'k', Body: 'x' }));
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'kms-bucket', Key: 'k' }));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1' });
  });

  test.each([
    ['an invalid name', { BucketName: 'Upper_Case' }, 'Upper_Case'],
    ['a name that leaves the directory', { BucketName: '../outside' }, '../outside'],
    ['access control lists', { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } }, 'BucketOwnerEnforced'],
    [
      'an unknown CORS method',
      { CorsConfiguration: { CorsRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['PATCH'] }] } },
      'AllowedMethods',
    ],
  ])('with %s is refused', async (_case, properties, reason) => {
    await expect(bucket('Refused', properties)).rejects.toThrow(reason);
  });
});

test('AWS::S3::BucketPolicy is kept for whoever decides', async () => {
  const PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }] };
  const created = await door.provision('AWS::S3::BucketPolicy', 'Policy', { Bucket: 'policed', PolicyDocument });
  expect(created.ref).toBe('policed');
  expect(service.policyOf('policed')).toEqual(PolicyDocument);
  expect(service.policyOf('another')).toBeUndefined();
});

describe('cross-origin requests', () => {
  const origin = 'https://app.example';

  beforeAll(async () => {
    await bucket('Cors', {
      BucketName: 'cors-bucket',
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedOrigins: ['https://*.example', origin],
            AllowedMethods: ['POST', 'PUT'],
            AllowedHeaders: ['content-*', 'x-amz-date'],
            ExposedHeaders: ['ETag'],
            MaxAge: '600',
          },
          { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
        ],
      },
    });
    await bucket('NoCors', { BucketName: 'no-cors-bucket' });
  });

  const preflight = (path: string, headers: Record<string, string>) =>
    fetch(`${door.clientConfig.endpoint}/${path}`, { method: 'OPTIONS', headers });
  const asks = (method: string, from = origin, requested = '') => ({
    origin: from,
    'access-control-request-method': method,
    ...(requested && { 'access-control-request-headers': requested }),
  });

  test('are allowed by the rule that covers them', async () => {
    const response = await preflight('cors-bucket/some/key', asks('PUT', origin, 'Content-Type, X-Amz-Date'));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, PUT',
      'access-control-allow-headers': 'content-type, x-amz-date',
      'access-control-expose-headers': 'ETag',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
      vary: expect.stringContaining('Origin'),
    });
    const anyone = await preflight('cors-bucket/key', asks('GET', 'https://stranger.test'));
    expect(anyone.headers.get('access-control-allow-origin')).toBe('*');
    expect(anyone.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each([
    ['from another origin', 'cors-bucket/key', asks('PUT', 'https://stranger.test'), 403, 'not allowed'],
    ['with another method', 'cors-bucket/key', asks('DELETE'), 403, 'not allowed'],
    ['with another header', 'cors-bucket/key', asks('PUT', origin, 'authorization'), 403, 'not allowed'],
    ['to a bucket without rules', 'no-cors-bucket/key', asks('PUT'), 403, 'CORS is not enabled for this bucket.'],
    ['that name no origin', 'cors-bucket/key', { 'access-control-request-method': 'PUT' }, 400, 'Origin request header needed'],
    ['to no bucket', 'nobodys/key', asks('PUT'), 404, 'NoSuchBucket'],
  ])('%s are refused', async (_case, path, headers, status, reason) => {
    const response = await preflight(path, headers as Record<string, string>);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, null]);
    expect(await response.text()).toContain(reason);
  });

  test('are answered with the rule that covers them, also when they are refused', async () => {
    const send = (from: string) => {
      const form = new FormData();
      form.set('key', 'k');
      return fetch(`${door.clientConfig.endpoint}/cors-bucket`, { method: 'POST', body: form, headers: { origin: from } });
    };
    const [covered, stranger] = [await send('https://app.example'), await send('https://stranger.test')];
    expect([covered.status, covered.headers.get('access-control-allow-origin')]).toEqual([400, origin]);
    expect([stranger.status, stranger.headers.get('access-control-allow-origin')]).toEqual([400, null]);
  });
});
