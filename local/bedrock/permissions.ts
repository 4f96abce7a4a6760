import { AwsError } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

/** Direct ingestion needs the permission to start a job besides its own (https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion-add.html). */
const KNOWLEDGE_BASE_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  IngestKnowledgeBaseDocuments: ['IngestKnowledgeBaseDocuments', 'StartIngestionJob'],
  DeleteKnowledgeBaseDocuments: ['DeleteKnowledgeBaseDocuments', 'StartIngestionJob'],
  GetKnowledgeBaseDocuments: ['GetKnowledgeBaseDocuments'],
  ListKnowledgeBaseDocuments: ['ListKnowledgeBaseDocuments'],
  Retrieve: ['Retrieve'],
};
const MODEL_ACTIONS: Readonly<Record<string, string>> = { Converse: 'InvokeModel', ConverseStream: 'InvokeModelWithResponseStream' };
/** How an inference profile's id begins: the geography within which it routes. */
const PROFILE_PREFIX = /^(eu|us|apac|global)\./;

/**
 * What a call to Bedrock needs. A model that is called through an inference profile needs the action on the profile and on the
 * foundation model behind it (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html).
 */
export function bedrockPermissions(operation: string, path: string, region: string): Permission[] {
  const [, collection = '', encodedId = ''] = path.split('/');
  const id = decodeURIComponent(encodedId);
  if (collection === 'knowledgebases') {
    const resource = `arn:aws:bedrock:${region}:${LOCAL_ACCOUNT}:knowledge-base/${id}`;
    const actions = KNOWLEDGE_BASE_ACTIONS[operation];
    if (actions) return actions.map((action) => ({ action: `bedrock:${action}`, resource }));
  }
  const modelAction = MODEL_ACTIONS[operation];
  if (collection !== 'model' || !modelAction) {
    throw new AwsError('NotImplemented', `The permission for ${operation} is not known to the local runtime.`, 501);
  }
  const action = `bedrock:${modelAction}`;
  const modelArn = (model: string) => `arn:aws:bedrock:${region}::foundation-model/${model}`;
  if (!PROFILE_PREFIX.test(id)) return [{ action, resource: modelArn(id) }];
  const profileArn = `arn:aws:bedrock:${region}:${LOCAL_ACCOUNT}:inference-profile/${id}`;
  return [
    { action, resource: profileArn },
    { action, resource: modelArn(id.replace(PROFILE_PREFIX, '')), context: { 'bedrock:InferenceProfileArn': profileArn } },
  ];
}
