import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ManualsDeadLetters } from '../manuals/manuals.construct.ts';
import { acknowledge } from '../platform/compliance.ts';
import { ENCRYPTED_BY_AWS, encryptedBy, type MessageEncryption } from '../platform/message-encryption.ts';
import { messageKey } from '../platform/message-key.ts';
import type { StageConfig } from '../stage-config.ts';
import type { TranscribeDeadLetters } from '../transcribe/transcribe.construct.ts';

export interface DeadLetterStackProps extends StackProps {
  readonly config: StageConfig;
}

/** One dead-letter queue for each asynchronous edge, and the topic by which people are told. */
export class DeadLetterStack extends Stack {
  readonly manuals: ManualsDeadLetters;
  readonly spend: Queue;
  readonly transcribe: TranscribeDeadLetters;
  /** Of every queue and topic of the stage. */
  readonly encryption: MessageEncryption;
  /** Takes alarms of this account. */
  readonly alertTopic: ITopic;

  constructor(scope: Construct, id: string, { config, ...props }: DeadLetterStackProps) {
    super(scope, id, props);
    this.encryption = config.customerManagedKey ? encryptedBy(messageKey(this, 'MessageKey', config)) : ENCRYPTED_BY_AWS;
    this.alertTopic = this.#alerts(config);
    this.manuals = {
      incomingEvents: this.#forEventBridge('ManualsIncomingEvents'),
      import: this.#queue('ManualsImport'),
      ingestion: this.#queue('ManualsIngestion'),
      readiness: this.#queue('ManualsReadiness'),
      deletion: this.#queue('ManualsDeletion'),
    };
    this.spend = this.#forEventBridge('Spend');
    this.transcribe = {
      recordingEvents: this.#forEventBridge('TranscribeRecordingEvents'),
      recording: this.#queue('TranscribeRecording'),
      completionEvents: this.#forEventBridge('TranscribeCompletionEvents'),
      completion: this.#queue('TranscribeCompletion'),
    };
  }

  /** Whoever is named is sent a mail first, and told nothing before they have agreed. */
  #alerts({ name, alarmEmail }: StageConfig): Topic {
    const topic = new Topic(this, 'Alerts', { ...this.encryption.topic, enforceSSL: true, displayName: `Manuel ${name}` });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LetAlarmsOfThisAccountPublish',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (alarmEmail === undefined) return topic;
    const subscription = topic.addSubscription(new EmailSubscription(alarmEmail));
    acknowledge(
      subscription,
      'Serverless-SNSRedrivePolicy',
      'SNS tries for six hours to bring a mail; after that the alarm itself, and its history in CloudWatch, tell more than a dead letter.',
    );
    return topic;
  }

  #queue(id: string): Queue {
    const queue = new Queue(this, id, { ...this.encryption.queue, enforceSSL: true, retentionPeriod: Duration.days(14) });
    for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'])
      acknowledge(queue, rule, 'It is a dead-letter queue, of a queue or rule in another stack.');
    return queue;
  }

  /**
   * For what a rule cannot deliver. The rule lives with its consumer, so the policy names the service and the account and not
   * the rule: naming it would make this stack depend on the one that depends on it.
   */
  #forEventBridge(id: string): Queue {
    const queue = this.#queue(id);
    queue.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sqs:SendMessage'],
        principals: [new ServicePrincipal('events.amazonaws.com')],
        resources: [queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    return queue;
  }
}
