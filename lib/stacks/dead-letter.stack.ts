import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ManualsDeadLetters } from '../manuals/manuals.construct.ts';
import { acknowledge } from '../platform/compliance.ts';
import type { TranscribeDeadLetters } from '../transcribe/transcribe.construct.ts';

/** One dead-letter queue for each asynchronous edge. */
export class DeadLetterStack extends Stack {
  readonly manuals: ManualsDeadLetters;
  readonly spend: Queue;
  readonly transcribe: TranscribeDeadLetters;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
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

  #queue(id: string): Queue {
    const queue = new Queue(this, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
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
