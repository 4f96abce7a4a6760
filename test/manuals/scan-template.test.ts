import { Match } from 'aws-cdk-lib/assertions';
import { stageConfig } from '../../lib/stages.ts';
import { templatesOf } from '../support/templates.ts';

const dev = stageConfig('dev');
const scanning = templatesOf({ ...dev, malwareScan: true });
const plain = templatesOf({ ...dev, malwareScan: false });

const PLAN = 'AWS::GuardDuty::MalwareProtectionPlan';
const SERVICE = 'malware-protection-plan.guardduty.amazonaws.com';
const bucket = { Ref: Object.keys(scanning.storage.findResources('AWS::S3::Bucket')).find((id) => id.startsWith('ManualsBucket')) };
const bucketArn = { 'Fn::GetAtt': [bucket.Ref, 'Arn'] };
const objects = { 'Fn::Join': ['', [bucketArn, '/incoming/*']] };
const scanRoles = (template: typeof plain) =>
  Object.entries(template.storage.findResources('AWS::IAM::Role')).filter(([id]) => id.startsWith('ManualsScan'));
const [[roleId = '', role] = []] = scanRoles(scanning);
const roleArn = { 'Fn::GetAtt': [roleId, 'Arn'] };

type Statement = Readonly<Record<string, unknown>>;
const denials = (template: typeof plain): Statement[] =>
  Object.values(template.storage.findResources('AWS::S3::BucketPolicy'))
    .filter(({ Properties }) => Properties.Bucket.Ref === bucket.Ref)
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

test('the development stage scans nothing', () => {
  expect(dev.malwareScan).toBe(false);
});

describe('a stage that scans', () => {
  test('has what arrives scanned, and tagged with the result', () => {
    scanning.storage.resourceCountIs(PLAN, 1);
    scanning.storage.hasResourceProperties(PLAN, {
      Role: roleArn,
      ProtectedResource: { S3Bucket: { BucketName: bucket, ObjectPrefixes: ['incoming/'] } },
      Actions: { Tagging: { Status: 'ENABLED' } },
    });
  });

  test('lets nothing but a plan of this account act as the scan’s role', () => {
    const plans = ['arn:aws:guardduty:eu-west-1:', { Ref: 'AWS::AccountId' }, ':malware-protection-plan/*'];
    expect(role?.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: SERVICE },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', plans] } },
        },
      },
    ]);
  });

  test('gives that role its policies inline, so that the first deployment does not race, and objects under the prefix only', () => {
    const policies = Object.values(scanning.storage.findResources('AWS::IAM::Policy'));
    expect(policies.filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(roleId))).toEqual([]);
    const statements: Statement[] = role?.Properties.Policies.flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
    );
    const onObjects = statements.filter(({ Action }) => [Action].flat().some((action) => /^s3:.*Object/.test(String(action))));
    expect(onObjects.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ['s3:PutObject', { 'Fn::Join': ['', [bucketArn, '/malware-protection-resource-validation-object']] }],
      [['s3:GetObject', 's3:GetObjectVersion'], objects],
      [['s3:GetObjectTagging', 's3:GetObjectVersionTagging', 's3:PutObjectTagging', 's3:PutObjectVersionTagging'], objects],
    ]);
    const changingRules = statements.find(({ Action }) => [Action].flat().includes('events:PutRule'));
    expect(changingRules).toMatchObject({ Condition: { StringEquals: { 'events:ManagedBy': SERVICE } } });
  });

  test('keeps everybody but that role from reading what is not clean, and from saying that it is', () => {
    const others = { ArnNotEquals: { 'aws:PrincipalArn': roleArn } };
    expect(denials(scanning).slice(denials(plain).length)).toEqual([
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: objects,
        Condition: { ...others, StringNotEquals: { 's3:ExistingObjectTag/GuardDutyMalwareScanStatus': 'NO_THREATS_FOUND' } },
      },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'],
        Resource: objects,
        Condition: others,
      },
    ]);
  });

  test('starts from the result of the scan, and from nothing else', () => {
    expect(arrivalRules(scanning)).toHaveLength(1);
    scanning.api.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.guardduty'],
        'detail-type': ['GuardDuty Malware Protection Object Scan Result'],
        detail: { s3ObjectDetails: { bucketName: [Match.anyValue()], objectKey: [{ prefix: 'incoming/' }] } },
      },
    });
    expect(modeOf(scanning)).toBe('on');
  });
});

describe('a stage that does not scan', () => {
  test('has no plan, no role for one, and no more in the bucket’s policy than that it takes TLS', () => {
    plain.storage.resourceCountIs(PLAN, 0);
    expect(scanRoles(plain)).toEqual([]);
    expect(denials(plain)).toHaveLength(2);
    expect(JSON.stringify(denials(plain))).not.toContain('incoming');
  });

  test('starts from the arrival, and from nothing else', () => {
    expect(arrivalRules(plain)).toHaveLength(1);
    plain.api.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [Match.anyValue()] }, object: { key: [{ prefix: 'incoming/' }] } },
      },
    });
    expect(modeOf(plain)).toBe('off');
  });
});

test('either way the rule brings to the same queue', () => {
  const targetsOf = (template: typeof plain) => arrivalRules(template).map(({ Properties }) => Properties.Targets);
  expect(targetsOf(scanning)).toEqual(targetsOf(plain));
});

/** The rules that bring to the queue of arrivals. */
function arrivalRules({ api }: typeof plain) {
  return Object.values(api.findResources('AWS::Events::Rule')).filter(({ Properties }) =>
    JSON.stringify(Properties.Targets).includes('ManualsIngestionQueue'),
  );
}

function modeOf({ api }: typeof plain): unknown {
  const variables = Object.values(api.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Environment.Variables);
  return variables.find(({ FUNCTION }) => FUNCTION === 'manuals-ingestion')?.MALWARE_SCAN;
}
