import { DeleteObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { OPERATOR } from '../../local/platform/principal.ts';
import { eicar } from '../support/eicar.ts';
import { sign } from '../support/sign.ts';
import { send } from './front-door-support.ts';
import { Bucket, NEEDED, openScan, type TestScan } from './guardduty-support.ts';

const KEY = 'incoming/alice/1';
const TAG = 'GuardDutyMalwareScanStatus';

let scan: TestScan;

beforeEach(async () => {
  scan = await openScan();
});
afterEach(() => scan.close());

const resultIn = (scanStatus: string, scanResultStatus: string, versionId: string) =>
  expect.objectContaining({
    detail: expect.objectContaining({
      scanStatus,
      s3ObjectDetails: expect.objectContaining({ versionId }),
      scanResultDetails: expect.objectContaining({ scanResultStatus }),
    }),
  });

describe('a plan', () => {
  beforeEach(async () => {
    await scan.createBucket();
  });

  test('has what arrives under its prefix tagged as clean, and tells of it', async () => {
    await expect(scan.createPlan()).resolves.toMatchObject({
      attributes: { Status: 'ACTIVE', Arn: expect.stringContaining(':malware-protection-plan/') },
    });
    const versionId = await scan.put(KEY, 'Fill the kettle.');
    await expect(scan.nextEvent()).resolves.toEqual({
      source: 'aws.guardduty',
      'detail-type': 'GuardDuty Malware Protection Object Scan Result',
      resources: [expect.stringMatching(/^arn:aws:guardduty:eu-west-1:000000000000:malware-protection-plan\/[0-9a-f]{20}$/)],
      detail: {
        schemaVersion: '1.0',
        scanStatus: 'COMPLETED',
        resourceType: 'S3_OBJECT',
        s3ObjectDetails: {
          bucketName: Bucket,
          objectKey: KEY,
          eTag: expect.stringMatching(/^[0-9a-f]{32}$/),
          versionId,
          s3Throttled: false,
        },
        scanResultDetails: { scanResultStatus: 'NO_THREATS_FOUND', threats: null },
      },
    });
    await expect(scan.tagsOf(KEY, versionId)).resolves.toEqual({ [TAG]: 'NO_THREATS_FOUND' });
  });

  test('finds the EICAR test file wherever its text stands, in the very version that holds it', async () => {
    await scan.createPlan();
    const infected = await scan.put(KEY, `A manual.\n${eicar()}\nIts end.`);
    const clean = await scan.put(KEY, `A manual.\n${eicar().slice(1)}`);
    const events = [await scan.nextEvent(), await scan.nextEvent()];
    expect(events).toContainEqual(resultIn('COMPLETED', 'THREATS_FOUND', infected));
    expect(events).toContainEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', clean));
    expect(JSON.stringify(events)).toContain('"threats":[{"name":"EICAR-Test-File (not a virus)"}]');
    await expect(scan.tagsOf(KEY, infected)).resolves.toEqual({ [TAG]: 'THREATS_FOUND' });
    await expect(scan.tagsOf(KEY, clean)).resolves.toEqual({ [TAG]: 'NO_THREATS_FOUND' });
  });

  test('passes over what arrives elsewhere, and what goes', async () => {
    await scan.createPlan();
    await scan.door.provision('AWS::S3::Bucket', 'Other', {
      BucketName: 'other',
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    });
    const elsewhere = await scan.put('manuals/alice/1', eicar());
    await scan.put(KEY, eicar(), { Bucket: 'other' });
    await scan.client.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
    const last = await scan.put(KEY, 'text');
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', last));
    await scan.service.stop();
    expect(scan.events).toEqual([]);
    await expect(scan.tagsOf('manuals/alice/1', elsewhere)).resolves.toEqual({});
  });

  test('without prefixes takes every object', async () => {
    await scan.createPlan({ ProtectedResource: { S3Bucket: { BucketName: Bucket } } });
    await scan.put('anywhere', 'text');
    await expect(scan.nextEvent()).resolves.toMatchObject({ detail: { s3ObjectDetails: { objectKey: 'anywhere' } } });
  });

  test('keeps the other tags of an object, and replaces its own', async () => {
    await scan.createPlan();
    scan.service.scanDelayMs = 60_000;
    const version = await scan.put('incoming/a b/ü', 'text');
    const TagSet = Object.entries({ kept: 'a & b', [TAG]: 'FORGED' }).map(([Key, Value]) => ({ Key, Value }));
    await scan.client.send(new PutObjectTaggingCommand({ Bucket, Key: 'incoming/a b/ü', VersionId: version, Tagging: { TagSet } }));
    scan.door.clock.advance(60_000);
    await scan.nextEvent();
    await expect(scan.tagsOf('incoming/a b/ü', version)).resolves.toEqual({ kept: 'a & b', [TAG]: 'NO_THREATS_FOUND' });
  });

  test('tags nothing unless it is to', async () => {
    await scan.createPlan({ Actions: { Tagging: { Status: 'DISABLED' } } });
    const version = await scan.put(KEY, 'text');
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', version));
    await expect(scan.tagsOf(KEY, version)).resolves.toEqual({});
  });

  test('scans after its delay, by the clock of the runtime, and nothing more once it is stopped', async () => {
    await scan.createPlan();
    scan.service.scanDelayMs = 60_000;
    const first = await scan.put(KEY, 'text');
    await expect(scan.tagsOf(KEY, first)).resolves.toEqual({});
    expect(scan.events).toEqual([]);
    scan.door.clock.advance(60_000);
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', first));
    const second = await scan.put(KEY, 'text');
    await scan.service.stop();
    expect(scan.events).toEqual([]);
    await expect(scan.tagsOf(KEY, second)).resolves.toEqual({});
  });

  test.each([
    ['UNSUPPORTED', 'SKIPPED'],
    ['ACCESS_DENIED', 'SKIPPED'],
    ['FAILED', 'FAILED'],
  ] as const)('comes to %s for the objects that are chosen to, and to no other', async (result, scanStatus) => {
    await scan.createPlan();
    scan.service.failScans(/alice/, result);
    const version = await scan.put(KEY, eicar());
    await expect(scan.nextEvent()).resolves.toEqual(resultIn(scanStatus, result, version));
    await expect(scan.tagsOf(KEY, version)).resolves.toEqual({ [TAG]: result });
    const other = await scan.put('incoming/bob/1', 'text');
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', other));
    scan.service.failScans(undefined);
    const again = await scan.put(KEY, eicar());
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'THREATS_FOUND', again));
  });

  test('fails for what is gone before it is scanned', async () => {
    await scan.createPlan();
    scan.service.scanDelayMs = 60_000;
    const version = await scan.put(KEY, 'text');
    await scan.client.send(new DeleteObjectCommand({ Bucket, Key: KEY, VersionId: version }));
    scan.door.clock.advance(60_000);
    await expect(scan.nextEvent()).resolves.toEqual(resultIn('FAILED', 'FAILED', version));
  });

  describe('goes by the rights of its role:', () => {
    test('without reading, the result is that access was denied', async () => {
      await scan.createPlan({}, { without: 's3:GetObjectVersion' });
      const version = await scan.put(KEY, eicar());
      await expect(scan.nextEvent()).resolves.toEqual(resultIn('SKIPPED', 'ACCESS_DENIED', version));
      await expect(scan.tagsOf(KEY, version)).resolves.toEqual({ [TAG]: 'ACCESS_DENIED' });
    });

    test.each(['s3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'])(
      'without %s nothing is tagged, and that is said',
      async (without) => {
        await scan.createPlan({}, { without });
        const version = await scan.put(KEY, 'text');
        await expect(scan.nextEvent()).resolves.toEqual(resultIn('COMPLETED', 'NO_THREATS_FOUND', version));
        await expect(scan.tagsOf(KEY, version)).resolves.toEqual({});
        expect(scan.reports).toEqual([
          expect.stringMatching(new RegExp(`^GuardDuty could not tag ${KEY} with NO_THREATS_FOUND: .*${without}`)),
        ]);
      },
    );

    test.each(NEEDED.map(([action]) => action))('without %s there is no plan', async (without) => {
      await expect(scan.createPlan({}, { without })).rejects.toThrow(`is not authorized to perform: ${without} on resource: arn:aws:`);
      await scan.put(KEY, 'text');
      await scan.service.stop();
      expect(scan.events).toEqual([]);
    });

    test.each([
      ['by another service', { Principal: { Service: 'guardduty.amazonaws.com' } }],
      ['for another account', { Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } } }],
      ['for another resource', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:guardduty:eu-west-1:000000000000:detector/*' } } }],
    ])('if it may only be assumed %s there is no plan', async (_, trust) => {
      await expect(scan.createPlan({}, { trust })).rejects.toThrow('is not authorized to perform: sts:AssumeRole');
    });
  });

  test.each([
    ['a property', { Scope: 'ACCOUNT' }, 'Unrecognized key: "Scope"'],
    ['an action', { Actions: { Quarantine: { Status: 'ENABLED' } } }, 'Unrecognized key: "Quarantine"'],
    ['a state', { Actions: { Tagging: { Status: 'enabled' } } }, 'Actions.Tagging.Status'],
    ['a resource', { ProtectedResource: { S3Bucket: { BucketName: Bucket }, EbsVolume: {} } }, 'Unrecognized key: "EbsVolume"'],
    [
      'more prefixes than five',
      { ProtectedResource: { S3Bucket: { BucketName: Bucket, ObjectPrefixes: [...'abcdef'] } } },
      'ObjectPrefixes',
    ],
  ])('with %s that there is not is refused by its name', async (_, properties, name) => {
    await expect(scan.createPlan(properties)).rejects.toThrow(name);
  });
});

test('a bucket that does not announce what arrives cannot be scanned', async () => {
  await scan.createBucket(false);
  await expect(scan.createPlan()).rejects.toThrow('bucket manuals does not announce to EventBridge');
});

test('its own API is refused by name', async () => {
  const { endpoint } = scan.door.clientConfig;
  const request = { method: 'GET', target: '/malware-protection-plan', headers: {} };
  const call = await sign(endpoint, request, { credentials: scan.door.keys.issue(OPERATOR), service: 'guardduty' });
  await expect(send(endpoint, call)).resolves.toMatchObject({ status: 501, body: expect.stringContaining("GuardDuty's own API") });
});
