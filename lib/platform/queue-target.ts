import type { IRule, IRuleTarget } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * Sends a rule's events to a queue, which lets in this rule and for sending only: the library's target also lets it read the
 * queue's attributes. What cannot be delivered goes to the dead-letter queue, whose own policy lets EventBridge in.
 */
export function queueTarget(queue: IQueue, deadLetterQueue: IQueue): IRuleTarget {
  return {
    bind: ({ ruleArn }: IRule) => {
      queue.addToResourcePolicy(
        new PolicyStatement({
          actions: ['sqs:SendMessage'],
          principals: [new ServicePrincipal('events.amazonaws.com')],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': ruleArn } },
        }),
      );
      return { arn: queue.queueArn, deadLetterConfig: { arn: deadLetterQueue.queueArn } };
    },
  };
}
