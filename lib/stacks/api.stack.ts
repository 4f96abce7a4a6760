import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { Api } from '../api/api.construct.ts';
import { Manuals } from '../manuals/manuals.construct.ts';
import type { FunctionSettings } from '../platform/capability-function.ts';
import { Query } from '../query/query.construct.ts';
import { Spend } from '../spend/spend.construct.ts';
import { Status } from '../status/status.construct.ts';
import { Transcribe } from '../transcribe/transcribe.construct.ts';
import { Usage } from '../usage/usage.construct.ts';
import type { CognitoStack } from './cognito.stack.ts';
import type { DeadLetterStack } from './dead-letter.stack.ts';
import type { KnowledgeBaseStack } from './knowledge-base.stack.ts';
import type { StorageStack } from './storage.stack.ts';

export interface ApiStackProps extends StackProps, FunctionSettings {
  readonly cognito: CognitoStack;
  readonly storage: StorageStack;
  readonly knowledgeBase: KnowledgeBaseStack;
  readonly deadLetter: DeadLetterStack;
}

/** The API and everything that can be deployed anew at any time: functions, queues, rules. */
export class ApiStack extends Stack {
  /** Of the API's deployed stage. */
  readonly stageArn: string;
  readonly api: Api;

  constructor(scope: Construct, id: string, { config, code, cognito, storage, knowledgeBase, deadLetter, ...props }: ApiStackProps) {
    super(scope, id, props);
    const settings: FunctionSettings = { config, code };
    const { encryption } = deadLetter;
    this.api = new Api(this, 'Api', {
      config,
      userPool: cognito.userPool,
      userPoolClient: cognito.userPoolClient,
      usageTable: storage.usageTable,
    });
    const { api } = this;
    new Status(this, 'Status', { ...settings, api });
    const usage = new Usage(this, 'Usage', { ...settings, api, table: storage.usageTable });
    const spend = new Spend(this, 'Spend', {
      ...settings,
      table: storage.usageTable,
      deadLetters: this.#byArn('Spend', deadLetter.spend),
    });
    new Query(this, 'Query', { ...settings, api, usage, spend, knowledgeBase: knowledgeBase.knowledgeBase });
    new Manuals(this, 'Manuals', {
      ...settings,
      api,
      usage,
      spend,
      table: storage.manualsTable,
      bucket: storage.manualsBucket,
      knowledgeBase: knowledgeBase.knowledgeBase,
      encryption,
      deadLetters: {
        incomingEvents: this.#byArn('ManualsIncomingEvents', deadLetter.manuals.incomingEvents),
        import: this.#byArn('ManualsImport', deadLetter.manuals.import),
        ingestion: this.#byArn('ManualsIngestion', deadLetter.manuals.ingestion),
        readiness: this.#byArn('ManualsReadiness', deadLetter.manuals.readiness),
        deletion: this.#byArn('ManualsDeletion', deadLetter.manuals.deletion),
      },
    });
    new Transcribe(this, 'Transcribe', {
      ...settings,
      api,
      usage,
      spend,
      table: storage.jobsTable,
      bucket: storage.recordingsBucket,
      encryption,
      deadLetters: {
        recordingEvents: this.#byArn('TranscribeRecordingEvents', deadLetter.transcribe.recordingEvents),
        recording: this.#byArn('TranscribeRecording', deadLetter.transcribe.recording),
        completionEvents: this.#byArn('TranscribeCompletionEvents', deadLetter.transcribe.completionEvents),
        completion: this.#byArn('TranscribeCompletion', deadLetter.transcribe.completion),
      },
    });
    this.stageArn = api.stageArn;
    new CfnOutput(this, 'ApiUrl', { value: api.url });
  }

  /** A queue of another stack that this stack must not write policies for. */
  #byArn(id: string, queue: IQueue): IQueue {
    const { queueArn, encryptionMasterKey: key } = queue;
    return Queue.fromQueueAttributes(this, `${id}DeadLetters`, { queueArn, ...(key && { keyArn: key.keyArn }) });
  }
}
