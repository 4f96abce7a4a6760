import type { Duration } from 'aws-cdk-lib';
import type { IRule, IRuleTarget } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

export interface FunctionTargetOptions {
  /** Its own policy lets EventBridge in. */
  readonly deadLetterQueue: IQueue;
  /** Beyond this age an event is not worth a further try. */
  readonly maxEventAge: Duration;
}

/**
 * Runs a function for a rule's events, which lets in this rule and no other. What cannot be handed over goes to the dead-letter queue:
 * the library's target would write the rule into that queue's policy, which another stack owns.
 */
export function functionTarget(fn: IFunction, { deadLetterQueue, maxEventAge }: FunctionTargetOptions): IRuleTarget {
  return {
    bind: ({ ruleArn }: IRule) => {
      fn.addPermission('Rule', { principal: new ServicePrincipal('events.amazonaws.com'), sourceArn: ruleArn });
      return {
        arn: fn.functionArn,
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: maxEventAge.toSeconds() },
      };
    },
  };
}
