import { Match } from 'aws-cdk-lib/assertions';
import { INGESTION_TIMEOUT_SECONDS } from '../../lambdas/manuals/manuals.contract.ts';
import { templatesOf } from '../support/templates.ts';

const { api } = templatesOf();

interface Statement {
  readonly Action: string | readonly string[];
  readonly Condition?: object;
}

const policies = Object.entries(api.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('ManualsDeletion'));
const statements: readonly Statement[] = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);

test('the deletion worker may look at and remove what there is of a manual, and write none of it', () => {
  const actions = statements.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('logs:'));
  expect(actions.sort()).toEqual([
    'bedrock:DeleteKnowledgeBaseDocuments',
    'bedrock:GetKnowledgeBaseDocuments',
    'bedrock:StartIngestionJob',
    'dynamodb:DeleteItem',
    'dynamodb:GetItem',
    'dynamodb:UpdateItem',
    'dynamodb:UpdateItem',
    's3:DeleteObjectVersion',
    's3:ListBucketVersions',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
    'sqs:SendMessage',
  ]);
});

test('it lists no more of the bucket than where manuals are', () => {
  const listing = statements.find(({ Action }) => Action === 's3:ListBucketVersions');
  expect(listing?.Condition).toEqual({ StringLike: { 's3:prefix': ['incoming/*', 'manuals/*'] } });
});

test('an ingestion may take as long as a deletion waits for one', () => {
  api.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ FUNCTION: 'manuals-ingestion' }) },
    Timeout: INGESTION_TIMEOUT_SECONDS,
  });
});

test('ingestion and deletion together make no more than the ten calls at once that Bedrock takes', () => {
  const mappings = Object.entries(api.findResources('AWS::Lambda::EventSourceMapping'));
  const concurrencyOf = (worker: string): number =>
    mappings.find(([id]) => id.startsWith(worker))?.[1]['Properties'].ScalingConfig.MaximumConcurrency;
  expect(concurrencyOf('ManualsIngestion') + concurrencyOf('ManualsDeletion')).toBeLessThanOrEqual(10);
});
