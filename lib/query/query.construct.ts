import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { textModel } from '../../lambdas/query/models.contract.ts';
import { queryContract } from '../../lambdas/query/query.contract.ts';
import type { Api } from '../api/api.construct.ts';
import type { ManualKnowledgeBase } from '../knowledge-base/knowledge-base.construct.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';
import type { Spend } from '../spend/spend.construct.ts';
import type { Usage } from '../usage/usage.construct.ts';
import { allowModel } from './model-permissions.ts';

export interface QueryProps extends FunctionSettings {
  readonly api: Api;
  readonly knowledgeBase: ManualKnowledgeBase;
  readonly usage: Usage;
  readonly spend: Spend;
}

/** Answers questions from the caller's own manuals. */
export class Query extends Construct {
  constructor(scope: Construct, id: string, props: QueryProps) {
    super(scope, id);
    const { config, api, knowledgeBase, usage, spend } = props;
    const { models, maxAnswerTokens } = config;
    const fn = new CapabilityFunction(this, 'Function', { ...props, contract: queryContract, timeout: Duration.seconds(65) });
    fn.provide({
      DEFAULT_MODEL: models.default,
      ALLOWED_MODELS: models.allowed.join(','),
      FALLBACK_MODELS: models.fallback.join(','),
      MAX_ANSWER_TOKENS: String(maxAnswerTokens),
    });
    usage.grantMeter(fn);
    spend.grantGate(fn);
    knowledgeBase.grantRetrieve(fn);
    for (const name of models.allowed) allowModel(fn, textModel(name), Stack.of(this));
    api.serve(queryContract, fn);
  }
}
