import type { IConstruct } from 'constructs';
import { deletionContract, ingestionContract, readinessContract } from '../../lambdas/manuals/manuals.contract.ts';
import { queryContract } from '../../lambdas/query/query.contract.ts';
import type { FunctionContract } from '../../lambdas/shared/function.contract.ts';
import { CapabilityFunction } from '../platform/capability-function.ts';
import {
  allows,
  hasManagedPolicies,
  resourcesWithin,
  rolesOf,
  statementsOf,
  type TemplateResource,
  trustsOnly,
  usersOf,
} from '../platform/template-policies.ts';

interface Guard {
  /** What the actions are good for. */
  readonly deed: string;
  readonly actions: readonly string[];
  /** Who may be allowed them, by a function's contract or a resource's type; nobody but CloudFormation when empty. */
  readonly holders: readonly (FunctionContract | string)[];
  /** What to do instead. */
  readonly remedy: string;
}

const FUNCTION = 'AWS::Lambda::Function';
const KNOWLEDGE_BASE = 'AWS::Bedrock::KnowledgeBase';
/** The service that assumes the role of a resource. */
const SERVICES: Readonly<Record<string, string>> = { [FUNCTION]: 'lambda.amazonaws.com', [KNOWLEDGE_BASE]: 'bedrock.amazonaws.com' };
/** The services whose policies can allow what is guarded; a bucket's policy, say, cannot. */
const POLICY_TYPE = /^AWS::(IAM|Bedrock|S3Vectors)::/;

/** Whose passages are read is decided by code, so only code that always names the owner may have a way to them. */
export const GUARDS: readonly Guard[] = [
  {
    deed: 'read passages',
    actions: [
      'bedrock:Retrieve',
      'bedrock:RetrieveAndGenerate',
      'bedrock:AgenticRetrieveStream',
      'bedrock:GenerateQuery',
      'bedrock:GetDocumentContent',
    ],
    holders: [queryContract, readinessContract],
    remedy: 'knowledgeBase.grantRetrieve is for these two; whatever else needs an answer asks the query function.',
  },
  {
    deed: 'write documents',
    actions: ['bedrock:IngestKnowledgeBaseDocuments'],
    holders: [ingestionContract],
    remedy: 'knowledgeBase.grantIngest is for it alone; whatever else has a manual puts it where uploads arrive.',
  },
  {
    deed: 'remove documents',
    actions: ['bedrock:DeleteKnowledgeBaseDocuments'],
    holders: [deletionContract],
    remedy: 'knowledgeBase.grantDelete is for it alone; whatever else has a manual removed sends its queue a message.',
  },
  {
    // Demanded of whoever writes or removes documents.
    deed: 'start ingestion',
    actions: ['bedrock:StartIngestionJob'],
    holders: [ingestionContract, deletionContract],
    remedy: 'knowledgeBase.grantIngest and knowledgeBase.grantDelete are for these two.',
  },
  {
    deed: 'reach vectors',
    actions: ['s3vectors:QueryVectors', 's3vectors:GetVectors', 's3vectors:ListVectors', 's3vectors:PutVectors', 's3vectors:DeleteVectors'],
    holders: [KNOWLEDGE_BASE],
    remedy: 'everything else goes through the knowledge base.',
  },
  {
    deed: 'remove, redirect or share the store',
    actions: [
      'bedrock:CreateDataSource',
      'bedrock:UpdateDataSource',
      'bedrock:DeleteDataSource',
      'bedrock:UpdateKnowledgeBase',
      'bedrock:DeleteKnowledgeBase',
      'bedrock:PutResourcePolicy',
      'bedrock:DeleteResourcePolicy',
      's3vectors:DeleteIndex',
      's3vectors:DeleteVectorBucket',
      's3vectors:PutVectorBucketPolicy',
      's3vectors:DeleteVectorBucketPolicy',
    ],
    holders: [],
    remedy: 'what changes about it is declared in its stack.',
  },
];

/**
 * Why the policies within a construct let the wrong hands reach what users entrusted to the knowledge base, a sentence each;
 * empty when they do not. What the templates do not tell is refused too.
 */
export function guardedActionRefusals(scope: IConstruct): string[] {
  const resources = resourcesWithin(scope);
  const roles = resources.filter(({ type }) => type === 'AWS::IAM::Role');
  const known = new Set(roles.flatMap((role) => usersOf(role, resources)));
  return [
    ...resources
      .filter((resource) => resource.type === FUNCTION && !known.has(resource))
      .map((fn) => `${nameOf(fn)} runs with a role of which its stack does not tell what it may do. Give it a role of its own.`),
    ...resources
      .filter(hasManagedPolicies)
      .map((holder) => `${nameOf(holder)} has managed policies, which do not tell what they allow. Write a policy of its own.`),
    ...resources
      .filter(({ type }) => POLICY_TYPE.test(type))
      .flatMap((policy) => GUARDS.flatMap((guard) => refusalsOf(policy, guard, resources))),
  ];
}

function refusalsOf(policy: TemplateResource, { deed, actions, holders, remedy }: Guard, resources: readonly TemplateResource[]): string[] {
  const statements = statementsOf(policy);
  const allowed = actions.filter((action) => statements.some((statement) => allows(statement, action))).join(', ');
  if (allowed === '') return [];
  return rolesOf(policy, resources).flatMap((role) => {
    const users = role ? usersOf(role, resources) : [];
    const [user] = users;
    if (role && user && users.length === 1 && holders.includes(identityOf(user))) {
      const service = SERVICES[user.type] ?? '';
      if (trustsOnly(role, service)) return [];
      return [`${nameOf(role)} may ${deed} (${allowed}), so nothing but ${service} may assume it. Let it trust nothing else.`];
    }
    const who = users.map(nameOf).join(' and ') || (role ? nameOf(role) : 'whoever it is attached to');
    const only = holders.map((holder) => (typeof holder === 'string' ? holder : holder.name)).join(' and ') || 'CloudFormation';
    const how = users.length > 1 ? ', with a role that is not shared' : '';
    return [`${nameOf(policy)} lets ${who} ${deed} (${allowed}). Only ${only} may${how}: ${remedy}`];
  });
}

/** A function of ours is known by its contract, any other resource by its type. */
function identityOf({ construct, type }: TemplateResource): FunctionContract | string {
  const { scope } = construct.node;
  return scope instanceof CapabilityFunction && scope.node.defaultChild === construct ? scope.contract : type;
}

function nameOf(resource: TemplateResource): string {
  const identity = identityOf(resource);
  return typeof identity === 'string' ? resource.construct.node.path : identity.name;
}
