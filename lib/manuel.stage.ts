import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionSettings } from './platform/capability-function.ts';
import { ApiStack } from './stacks/api.stack.ts';
import { CognitoStack } from './stacks/cognito.stack.ts';
import { DeadLetterStack } from './stacks/dead-letter.stack.ts';
import { KnowledgeBaseStack } from './stacks/knowledge-base.stack.ts';
import { StorageStack } from './stacks/storage.stack.ts';

/** Everything of one stage. Arrows point from what can be deployed anew to what holds state. */
export class ManuelStage extends Stage {
  constructor(scope: Construct, id: string, settings: FunctionSettings) {
    const { config } = settings;
    super(scope, id, { env: { region: config.region } });
    const props = { config, terminationProtection: config.retainData, tags: { application: 'manuel', stage: config.name } };
    const cognito = new CognitoStack(this, 'cognito', { ...props, description: 'Manuel: who may sign in' });
    const storage = new StorageStack(this, 'storage', { ...props, description: 'Manuel: manuals and tables' });
    const knowledgeBase = new KnowledgeBaseStack(this, 'knowledge-base', { ...props, description: 'Manuel: vectors and knowledge base' });
    const deadLetter = new DeadLetterStack(this, 'dead-letter', { ...props, description: 'Manuel: what could not be delivered' });
    new ApiStack(this, 'api', {
      ...settings,
      ...props,
      cognito,
      storage,
      knowledgeBase,
      deadLetter,
      description: 'Manuel: API, functions, queues and rules',
    });
  }
}
