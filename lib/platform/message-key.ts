import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StageConfig } from '../stage-config.ts';

/**
 * The key of a stage's queues and topics: $1 a month, and as much again for each of the first two yearly rotations
 * (https://aws.amazon.com/kms/pricing/).
 */
export function messageKey(scope: Construct, id: string, config: StageConfig): Key {
  return new Key(scope, id, {
    description: `Queues and topics of Manuel, stage ${config.name}`,
    alias: `${Stack.of(scope).stackName}-messages`,
    enableKeyRotation: true,
    policy: new PolicyDocument({ statements: [leaveToAccount(), ...SERVICES.map(([sid, service]) => letUse(sid, service))] }),
    removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}

/**
 * What sends in its own name, by no role that a policy of ours could be attached to: rules, to queues, and alarms, to topics. An event
 * whose rule may not use the key is lost, since its dead-letter queue has the same one; EventBridge then counts it among
 * InvocationsFailedToBeSentToDlq (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html).
 */
const SERVICES: readonly (readonly [sid: string, service: string])[] = [
  ['LetRulesSend', 'events.amazonaws.com'],
  ['LetAlarmsSend', 'cloudwatch.amazonaws.com'],
];

/**
 * SQS and SNS use the key in the name of whoever sends (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
 */
function letUse(sid: string, service: string): PolicyStatement {
  return new PolicyStatement({
    sid,
    principals: [new ServicePrincipal(service)],
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}

/**
 * Who else may use or administer the key is for policies of the account to say, as AWS advises: without it a key can become one that nobody
 * can change (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
 */
function leaveToAccount(): PolicyStatement {
  return new PolicyStatement({
    sid: 'LeaveToPoliciesOfTheAccount',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:*'],
    resources: ['*'],
  });
}
