import { rmSync } from 'node:fs';
import { GetObjectTaggingCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PublishedEvent } from '../../local/eventbridge/event.ts';
import { GuardDutyService } from '../../local/guardduty/guardduty.service.ts';
import { State } from '../../local/platform/state.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { type KeptPlace, temporaryDirectory } from './s3-support.ts';

export const Bucket = 'manuals';
const REGION = 'eu-west-1';
const ACCOUNT = '000000000000';
const SERVICE = 'malware-protection-plan.guardduty.amazonaws.com';
const BUCKET_ARN = `arn:aws:s3:::${Bucket}`;
const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*`;

/** What AWS documents that a plan's role needs, each action with its resource and what it is tied to. */
export const NEEDED: readonly (readonly [action: string, resource: string, condition?: object])[] = [
  ['events:PutRule', RULE, { StringEquals: { 'events:ManagedBy': SERVICE } }],
  ['events:PutTargets', RULE, { StringEquals: { 'events:ManagedBy': SERVICE } }],
  ['events:DescribeRule', RULE],
  ['events:ListTargetsByRule', RULE],
  ['s3:GetBucketNotification', BUCKET_ARN],
  ['s3:PutBucketNotification', BUCKET_ARN],
  ['s3:ListBucket', BUCKET_ARN],
  ['s3:PutObject', `${BUCKET_ARN}/malware-protection-resource-validation-object`],
];
const SCANNING = ['s3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'] as const;

interface Role {
  /** Left out of what the role may do. */
  readonly without?: string;
  readonly trust?: object;
}

export interface TestScan {
  readonly door: TestFrontDoor;
  readonly service: GuardDutyService;
  readonly client: S3Client;
  readonly reports: readonly string[];
  /** The next event that GuardDuty publishes. */
  nextEvent(): Promise<PublishedEvent>;
  /** Events that nobody has waited for. */
  readonly events: readonly PublishedEvent[];
  createBucket(announces?: boolean): Promise<unknown>;
  createPlan(properties?: object, role?: Role): Promise<unknown>;
  put(Key: string, Body: string, more?: object): Promise<string>;
  tagsOf(Key: string, VersionId: string): Promise<Readonly<Record<string, string | undefined>>>;
  close(): Promise<void>;
}

/** GuardDuty and S3 behind a front door, on what an earlier run has left where there is a place; whatever arrives is scanned at once. */
export async function openScan(kept?: KeptPlace): Promise<TestScan> {
  const { directory, state } = kept ?? { directory: temporaryDirectory(), state: State.inMemory() };
  const [events, reports] = [[] as PublishedEvent[], [] as string[]];
  const waiting: ((event: PublishedEvent) => void)[] = [];
  let service: GuardDutyService | undefined;
  const door = await openFrontDoor(
    ({ clock, keys, access }) => {
      const s3 = new S3Service({ clock, keys, region: REGION, directory, state, onObjectEvent: (event) => service?.notice(event) });
      const publish = async (event: PublishedEvent) => {
        const waiter = waiting.shift();
        if (waiter) waiter(event);
        else events.push(event);
      };
      service = new GuardDutyService({ clock, region: REGION, access, s3, publish, report: (line) => reports.push(line), state });
      return [s3, service];
    },
    { resumes: kept === undefined },
  );
  if (!service) throw new Error('the front door built no GuardDuty');
  service.scanDelayMs = 0;
  const client = new S3Client(door.clientConfig);
  return {
    door,
    service,
    client,
    events,
    reports,
    nextEvent: async () => events.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    createBucket: (announces = true) =>
      door.provision('AWS::S3::Bucket', 'Bucket', {
        BucketName: Bucket,
        VersioningConfiguration: { Status: 'Enabled' },
        ...(announces && { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } }),
      }),
    createPlan: async (properties = {}, role = {}) =>
      door.provision('AWS::GuardDuty::MalwareProtectionPlan', 'Plan', {
        Role: await createRole(door, role),
        ProtectedResource: { S3Bucket: { BucketName: Bucket, ObjectPrefixes: ['incoming/'] } },
        Actions: { Tagging: { Status: 'ENABLED' } },
        ...properties,
      }),
    put: async (Key, Body, more = {}) => (await client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))).VersionId ?? '',
    tagsOf: async (Key, VersionId) => {
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
      return Object.fromEntries(TagSet.map(({ Key: name = '', Value }) => [name, Value]));
    },
    close: async () => {
      client.destroy();
      await door.close();
      if (!kept) rmSync(directory, { recursive: true });
      expect(door.internalErrors).toEqual([]);
    },
  };
}

async function createRole(door: TestFrontDoor, { without, trust }: Role): Promise<unknown> {
  const scanning = SCANNING.map((action) => [action, `${BUCKET_ARN}/incoming/*`] as const);
  const Statement = [...NEEDED, ...scanning]
    .filter(([action]) => action !== without)
    .map(([Action, Resource, Condition]) => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) }));
  const { attributes } = await door.provision('AWS::IAM::Role', 'PlanRole', {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: SERVICE },
        Condition: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: { 'aws:SourceArn': `arn:aws:guardduty:${REGION}:${ACCOUNT}:malware-protection-plan/*` },
        },
        ...trust,
      },
    },
    Policies: [{ PolicyName: 'Plan', PolicyDocument: { Version: '2012-10-17', Statement } }],
  });
  return attributes?.['Arn'];
}
