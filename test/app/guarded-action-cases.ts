import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnKnowledgeBasePolicy } from 'aws-cdk-lib/aws-bedrock';
import {
  AccountRootPrincipal,
  CfnPolicy,
  type CfnRole,
  Group,
  ManagedPolicy,
  Policy,
  PolicyDocument,
  PolicyStatement,
  type PrincipalBase,
  Role,
  ServicePrincipal,
  User,
} from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnVectorBucketPolicy } from 'aws-cdk-lib/aws-s3vectors';
import { queryContract } from '../../lambdas/query/query.contract.ts';
import { statusContract } from '../../lambdas/status/status.contract.ts';
import { CapabilityFunction } from '../../lib/platform/capability-function.ts';
import { stageConfig } from '../../lib/stages.ts';
import type { Change, OpenStage } from '../support/open-stage.ts';

/** A change to a stage, and a part of what synth says of it. */
export type Case = readonly [name: string, change: Change, sentence: string];

const allow = (...actions: string[]) => new PolicyStatement({ actions, resources: ['*'] });
const retrieve = () => new PolicyDocument({ statements: [allow('bedrock:Retrieve')] });
const documentOf = (Statement: unknown) => ({ Version: '2012-10-17', Statement });
const RETRIEVE = { Effect: 'Allow', Action: 'bedrock:Retrieve', Resource: '*' };
const CODE = Code.fromInline('// not bundled');
const LAMBDA = new ServicePrincipal('lambda.amazonaws.com');
const farStack = ({ stage, api }: OpenStage) =>
  (stage.node.tryFindChild('far') ?? new Stack(stage, 'far', { env: { region: api.region } })) as Stack;
const plainFunction = (stack: Stack, role: Role) =>
  new LambdaFunction(stack, 'Plain', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: CODE, role });

/** What hands that are not to have it are given. */
export const HANDS: readonly Case[] = [
  [
    'another function that reads',
    ({ role }) => role('status').addToPolicy(allow('bedrock:Retrieve')),
    'Manuel-dev/api/Status/FunctionRole/DefaultPolicy/Resource lets status read passages (bedrock:Retrieve). Only query and manuals-readiness may: ' +
      'knowledgeBase.grantRetrieve is for these two; whatever else needs an answer asks the query function.',
  ],
  [
    'the query function that writes',
    ({ role }) => role('query').addToPolicy(allow('bedrock:IngestKnowledgeBaseDocuments')),
    'lets query write documents (bedrock:IngestKnowledgeBaseDocuments). Only manuals-ingestion may: ' +
      'knowledgeBase.grantIngest is for it alone; whatever else has a manual puts it where uploads arrive.',
  ],
  [
    'the readiness probe that removes',
    ({ role }) => role('manuals-readiness').addToPolicy(allow('bedrock:DeleteKnowledgeBaseDocuments')),
    'lets manuals-readiness remove documents (bedrock:DeleteKnowledgeBaseDocuments). Only manuals-deletion may: ' +
      'knowledgeBase.grantDelete is for it alone; whatever else has a manual removed sends its queue a message.',
  ],
  [
    'the ingestion worker that removes',
    ({ role }) => role('manuals-ingestion').addToPolicy(allow('bedrock:DeleteKnowledgeBaseDocuments')),
    'lets manuals-ingestion remove documents (bedrock:DeleteKnowledgeBaseDocuments). Only manuals-deletion may',
  ],
  [
    'the deletion worker that writes',
    ({ role }) => role('manuals-deletion').addToPolicy(allow('bedrock:IngestKnowledgeBaseDocuments')),
    'lets manuals-deletion write documents (bedrock:IngestKnowledgeBaseDocuments). Only manuals-ingestion may',
  ],
  [
    'the routes that start ingestion',
    ({ role }) => role('manuals').addToPolicy(allow('bedrock:StartIngestionJob')),
    'lets manuals start ingestion (bedrock:StartIngestionJob). Only manuals-ingestion and manuals-deletion may',
  ],
  [
    'the ingestion worker that reads',
    ({ role }) => role('manuals-ingestion').addToPolicy(allow('bedrock:RetrieveAndGenerate')),
    'lets manuals-ingestion read passages (bedrock:RetrieveAndGenerate). Only query and manuals-readiness may',
  ],
  [
    'the query function past the knowledge base',
    ({ role }) => role('query').addToPolicy(allow('s3vectors:QueryVectors')),
    'lets query reach vectors (s3vectors:QueryVectors). Only AWS::Bedrock::KnowledgeBase may: everything else goes through the knowledge base.',
  ],
  [
    'the knowledge base’s own role that retrieves',
    ({ knowledgeBase }) => (knowledgeBase.node.findAll().find((one) => one instanceof Role) as Role).addToPolicy(allow('bedrock:Retrieve')),
    'lets Manuel-dev/knowledge-base/Manuals/KnowledgeBase read passages (bedrock:Retrieve)',
  ],
  [
    'anybody who does away with the store or shares it',
    ({ role }) => role('manuals-ingestion').addToPolicy(allow('bedrock:DeleteDataSource', 's3vectors:PutVectorBucketPolicy')),
    'lets manuals-ingestion remove, redirect or share the store (bedrock:DeleteDataSource, s3vectors:PutVectorBucketPolicy). ' +
      'Only CloudFormation may: what changes about it is declared in its stack.',
  ],
  [
    'a function with a copy of the query function’s contract',
    ({ api }) => {
      const contract = { ...statusContract, name: queryContract.name };
      const settings = { config: stageConfig('dev'), code: () => CODE, timeout: Duration.seconds(3) };
      const fn = new CapabilityFunction(api, 'Copy', { ...settings, contract });
      fn.provide({ VERSION: '1', USER_POOL_CLIENT_ID: 'client', CORS_ORIGINS: '*' });
      fn.addToRolePolicy(allow('bedrock:Retrieve'));
    },
    'Manuel-dev/api/CopyRole/DefaultPolicy/Resource lets query read passages',
  ],
];

const anybody = 'lets whoever it is attached to read passages (bedrock:Retrieve)';
/** Where a policy may stand. */
export const POLICIES: readonly Case[] = [
  [
    'inline, on a role that nothing runs with',
    ({ api }) => new Role(api, 'Spare', { assumedBy: LAMBDA, inlinePolicies: { Retrieve: retrieve() } }),
    'Manuel-dev/api/Spare/Resource lets Manuel-dev/api/Spare/Resource read passages (bedrock:Retrieve)',
  ],
  [
    'attached by the role’s policy as a resource of its own',
    ({ api, role }) => {
      const properties = { PolicyName: 'Raw', RoleName: role('status').roleName, PolicyDocument: documentOf(RETRIEVE) };
      new CfnResource(api, 'Raw', { type: 'AWS::IAM::RolePolicy', properties });
    },
    'Manuel-dev/api/Raw lets status read passages',
  ],
  ['for a user', ({ api }) => new Policy(api, 'Own', { users: [new User(api, 'User')], document: retrieve() }), `Own/Resource ${anybody}`],
  [
    'for a group',
    ({ api }) => new Policy(api, 'Shared', { groups: [new Group(api, 'Group')], document: retrieve() }),
    `Shared/Resource ${anybody}`,
  ],
  [
    'a user’s own',
    ({ api }) =>
      new CfnResource(api, 'Inline', {
        type: 'AWS::IAM::User',
        properties: { Policies: [{ PolicyName: 'Own', PolicyDocument: documentOf(RETRIEVE) }] },
      }),
    `Inline ${anybody}`,
  ],
  [
    'in an override of the template',
    ({ role }) => {
      const policies = [{ PolicyName: 'Late', PolicyDocument: documentOf(RETRIEVE) }];
      (role('status').node.defaultChild as CfnRole).addPropertyOverride('Policies', policies);
    },
    'Manuel-dev/api/Status/FunctionRole/Resource lets status read passages',
  ],
  [
    'for a role that is known by its name alone',
    ({ api }) => new CfnPolicy(api, 'Named', { policyName: 'Raw', roles: ['query'], policyDocument: documentOf(RETRIEVE) }),
    `Named ${anybody}`,
  ],
  [
    'of another stack, even for the query function’s role',
    (open) => {
      const roles = [open.role('query').roleName];
      new CfnPolicy(farStack(open), 'Far', { policyName: 'Raw', roles, policyDocument: documentOf(RETRIEVE) });
    },
    `Far ${anybody}`,
  ],
  [
    'for a role of the same logical id as the query function’s',
    (open) => {
      const role = new Role(farStack(open), 'Role', { assumedBy: LAMBDA });
      (role.node.defaultChild as CfnRole).overrideLogicalId(open.api.getLogicalId(open.role('query').node.defaultChild as CfnRole));
      role.addToPolicy(allow('bedrock:Retrieve'));
    },
    'Manuel-dev/far/Role/DefaultPolicy/Resource lets Manuel-dev/far/Role/Resource read passages',
  ],
  [
    'managed, even for the query function’s role',
    ({ api, role }) => new ManagedPolicy(api, 'Managed', { roles: [role('query')], document: retrieve() }),
    `Managed/Resource ${anybody}`,
  ],
  [
    'managed and attached by ARN, whatever they allow',
    ({ role }) => role('query').addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('AmazonBedrockFullAccess')),
    'Manuel-dev/api/Query/FunctionRole/Resource has managed policies, which do not tell what they allow. Write a policy of its own.',
  ],
  [
    'of the vectors themselves',
    ({ knowledgeBase }) => {
      const statement = { Effect: 'Allow', Action: 's3vectors:GetVectors', Principal: '*', Resource: '*' };
      new CfnVectorBucketPolicy(knowledgeBase, 'Shared', { vectorBucketName: 'vectors', policy: documentOf(statement) });
    },
    'Shared lets whoever it is attached to reach vectors (s3vectors:GetVectors)',
  ],
  [
    'of the knowledge base itself',
    ({ knowledgeBase }) =>
      new CfnKnowledgeBasePolicy(knowledgeBase, 'Lent', {
        knowledgeBaseId: 'id',
        policyDocument: documentOf({ ...RETRIEVE, Principal: '*' }),
      }),
    `Lent ${anybody}`,
  ],
];

/** For a role that may and one that may not: nothing is said of the first. */
export const SEVERAL_ROLES: Case = [
  'attached to several roles',
  ({ api, role }) => new Policy(api, 'Both', { roles: [role('query'), role('status')], document: retrieve() }),
  'failed with the following errors:\n  [Manuel-dev] Manuel-dev/api/Both/Resource lets status read passages',
];

const trusting =
  'Query/FunctionRole/Resource may read passages (bedrock:Retrieve), so nothing but lambda.amazonaws.com may assume it. Let it trust nothing else.';
const untold = 'Manuel-dev/api/Plain/Resource runs with a role of which its stack does not tell what it may do. Give it a role of its own.';
const trust = (role: Role, principal: PrincipalBase) =>
  role.assumeRolePolicy?.addStatements(new PolicyStatement({ actions: ['sts:AssumeRole'], principals: [principal] }));
/** With a condition, which keeps it apart from the statement that is there. */
export const ACCOUNT = new AccountRootPrincipal().withConditions({ Bool: { 'aws:SecureTransport': 'true' } });
/** Whose roles are not their own. */
export const ROLES: readonly Case[] = [
  [
    'that the query function shares',
    ({ api, role }) => plainFunction(api, role('query')),
    'lets query and Manuel-dev/api/Plain/Resource read passages (bedrock:Retrieve). ' +
      'Only query and manuals-readiness may, with a role that is not shared: ',
  ],
  ['that the account can assume', ({ role }) => trust(role('query'), ACCOUNT), trusting],
  ['that another service can assume', ({ role }) => trust(role('query'), new ServicePrincipal('states.amazonaws.com')), trusting],
  [
    'that all but some can assume',
    ({ role }) =>
      (role('query').node.defaultChild as CfnRole).addPropertyOverride('AssumeRolePolicyDocument.Statement', [
        { Effect: 'Allow', Action: 'sts:AssumeRole', NotPrincipal: { AWS: '*' } },
      ]),
    trusting,
  ],
  [
    'that are imported',
    ({ api }) => plainFunction(api, Role.fromRoleArn(api, 'Imported', 'arn:aws:iam::123456789012:role/any') as Role),
    untold,
  ],
  ['that another stack declares', (open) => plainFunction(open.api, new Role(farStack(open), 'Far', { assumedBy: LAMBDA })), untold],
];
