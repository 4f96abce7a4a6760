import path from 'node:path';
import { ApiGatewayService } from './api-gateway/api-gateway.service.ts';
import { REQUEST_MEASUREMENTS } from './api-gateway/request-metrics.ts';
import type { Answerer } from './bedrock/answerer.ts';
import { BedrockService } from './bedrock/bedrock.service.ts';
import type { Embedder } from './bedrock/embeddings.ts';
import { CloudWatchService } from './cloudwatch/cloudwatch.service.ts';
import { CognitoService } from './cognito/cognito.service.ts';
import { ControlService } from './control/control.service.ts';
import { DynamoDbService } from './dynamodb/dynamodb.service.ts';
import { EventBridgeService } from './eventbridge/eventbridge.service.ts';
import type { AccessKeys } from './front-door/access-keys.ts';
import type { FrontDoor } from './front-door/front-door.ts';
import { GuardDutyService } from './guardduty/guardduty.service.ts';
import type { Authorizer } from './iam/authorizer.ts';
import { KmsService } from './kms/kms.service.ts';
import { LambdaService } from './lambda/lambda.service.ts';
import { INVOCATION_MEASUREMENTS } from './lambda/lambda-function.ts';
import { LogsService } from './logs/logs.service.ts';
import type { AdjustableClock } from './platform/clock.ts';
import type { Service } from './platform/service.ts';
import type { State } from './platform/state.ts';
import { S3Service } from './s3/s3.service.ts';
import { SnsService } from './sns/sns.service.ts';
import { QUEUE_MEASUREMENTS, SqsService } from './sqs/sqs.service.ts';
import type { SpeechEngine } from './transcribe/speech.ts';
import { TranscribeService } from './transcribe/transcribe.service.ts';
import { WafService } from './waf/waf.service.ts';

export interface ServicesOptions {
  readonly frontDoor: FrontDoor;
  readonly access: Authorizer;
  readonly keys: AccessKeys;
  readonly clock: AdjustableClock;
  readonly region: string;
  readonly state: State;
  /** The state's folder, where tables and the bytes of objects live. */
  readonly directory: string;
  readonly embedder?: Embedder | undefined;
  readonly speechEngine?: SpeechEngine | undefined;
  readonly answerer?: Answerer | undefined;
  /** Told what a person should know: a delivery that failed, an invocation given up. */
  readonly report: (line: string) => void;
}

interface Services {
  readonly all: readonly Service[];
  readonly api: ApiGatewayService;
}

/** Every emulated service, connected as AWS connects them. */
export function createServices(options: ServicesOptions): Services {
  const { frontDoor, access, keys, clock, region, state, directory, embedder, answerer, speechEngine, report } = options;
  const endpoint = () => frontDoor.endpoint;
  const logs = new LogsService({ clock, region, access });
  const queues = new SqsService({ region, endpoint, access, state });
  clock.follow((ms) => queues.advance(ms));
  const topics = new SnsService({ clock, region, access, queues, report });
  const metrics = new CloudWatchService({
    clock,
    region,
    lines: logs,
    services: {
      measured: {
        'AWS/ApiGateway': REQUEST_MEASUREMENTS,
        'AWS/Lambda': INVOCATION_MEASUREMENTS,
        'AWS/SQS': QUEUE_MEASUREMENTS,
        'AWS/WAFV2': ['AllowedRequests', 'BlockedRequests', 'CountedRequests'],
      },
      sample: () => queues.sample(),
    },
    topics,
    report,
  });
  const { measure } = metrics;
  const functions = new LambdaService({ clock, region, endpoint, access, keys, logs, queues, measure, report, state });
  const events = new EventBridgeService({ clock, region, queues, functions, report, state });
  const isResource = (arn: string) => api.hasStage(arn) || userPools.hasPool(arn);
  const firewall = new WafService({ clock, region, logs, metrics, isResource });
  const userPools = new CognitoService({ clock, region, firewall, report, state });
  const bedrock = new BedrockService({ clock, region, access, embedder, answerer, state });
  const files = new S3Service({
    clock,
    region,
    keys,
    state,
    directory: path.join(directory, 's3'),
    onObjectEvent: (event) => {
      malwareScans.notice(event);
      void events.publish(event);
    },
  });
  const malwareScans = new GuardDutyService({ clock, region, access, s3: files, publish: (event) => events.publish(event), report, state });
  const transcriptions = new TranscribeService({
    clock,
    region,
    access,
    s3: files,
    publish: (event) => events.publish(event),
    engine: speechEngine,
    report,
    state,
  });
  const api = new ApiGatewayService({ clock, region, functions, authorizers: userPools, firewall, logs, measure, report });
  const all: Service[] = [
    logs,
    metrics,
    new DynamoDbService({ clock, region, directory: path.join(directory, 'dynamodb') }),
    files,
    new KmsService({ region }),
    queues,
    topics,
    events,
    malwareScans,
    transcriptions,
    firewall,
    userPools,
    bedrock,
    functions,
    api,
    new ControlService({
      faults: frontDoor.faults,
      clock,
      ingestion: {
        setTimes: (times) => {
          bedrock.ingestionTimes = times;
        },
        failDocuments: (pattern) => (pattern ? bedrock.failDocuments(pattern) : bedrock.clearDocumentFailures()),
      },
      retrieval: bedrock,
      answers: {
        setPace: (msPerPart) => {
          bedrock.answers.msPerPart = msPerPart;
        },
        breakOff: (afterParts) => {
          bedrock.answers.breaksOffAfter = afterParts;
        },
      },
      malwareScans: {
        setDelay: (ms) => {
          malwareScans.scanDelayMs = ms;
        },
        failScans: (keys, result) => malwareScans.failScans(keys, result),
      },
      transcriptions: {
        setTranscripts: (transcripts) => transcriptions.setTranscripts(transcripts),
        setDelay: (ms) => {
          transcriptions.transcriptionDelayMs = ms;
        },
        failTranscriptions: (media, reason) => transcriptions.failTranscriptions(media, reason),
      },
      outbox: () => userPools.outbox.messages,
      grants: () => access.grants(),
      metrics: () => metrics.list(),
      calls: () => frontDoor.calls.list(),
    }),
  ];
  return { all, api };
}
