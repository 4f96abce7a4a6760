import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { guardedActionRefusals } from './knowledge-base/guarded-actions.ts';
import type { FunctionSettings } from './platform/capability-function.ts';
import { ApiStack } from './stacks/api.stack.ts';
import { CognitoStack } from './stacks/cognito.stack.ts';
import { DashboardStack } from './stacks/dashboard.stack.ts';
import { DeadLetterStack } from './stacks/dead-letter.stack.ts';
import { KnowledgeBaseStack } from './stacks/knowledge-base.stack.ts';
import { StorageStack } from './stacks/storage.stack.ts';
import { WafStack } from './stacks/waf.stack.ts';
import { refuseOutOfRange } from './stage-config.ts';
import { missingValues } from './stages.ts';

/**
 * Every stack of one stage; arrows point from what can be deployed anew to what holds state. Not a CDK `Stage`: the CLI's
 * `--all` passes over stacks that are nested in one.
 */
export class ManuelStage extends Construct {
  constructor(scope: Construct, id: string, settings: FunctionSettings) {
    super(scope, id);
    const { config } = settings;
    refuseOutOfRange(config);
    const stack = (name: string, description: string) => ({
      config,
      stackName: `${id}-${name}`,
      description: `Manuel: ${description}`,
      env: { region: config.region },
      terminationProtection: config.retainData,
      tags: { application: 'manuel', stage: config.name },
    });
    const cognito = new CognitoStack(this, 'cognito', stack('cognito', 'who may sign in'));
    const storage = new StorageStack(this, 'storage', { ...settings, ...stack('storage', 'manuals and tables') });
    const knowledgeBase = new KnowledgeBaseStack(this, 'knowledge-base', stack('knowledge-base', 'vectors and knowledge base'));
    const deadLetter = new DeadLetterStack(this, 'dead-letter', stack('dead-letter', 'what could not be delivered'));
    const api = new ApiStack(this, 'api', {
      ...settings,
      ...stack('api', 'API, functions, queues and rules'),
      cognito,
      storage,
      knowledgeBase,
      deadLetter,
    });
    if (config.waf) new WafStack(this, 'waf', { ...stack('waf', 'web ACL and its log'), api, cognito });
    new DashboardStack(this, 'dashboard', { ...stack('dashboard', 'dashboard and alarms'), api, cognito, storage, deadLetter });
    // On a stack, since what is above the stacks the CLI does not print.
    for (const { value, sentence } of missingValues(config)) Annotations.of(api).addWarningV2(`manuel:${value}`, sentence);
    this.node.addValidation({ validate: () => guardedActionRefusals(this) });
  }
}
