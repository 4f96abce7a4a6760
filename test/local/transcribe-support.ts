import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetTranscriptionJobCommand,
  type LanguageCode,
  StartTranscriptionJobCommand,
  type StartTranscriptionJobCommandInput,
  TranscribeClient,
  type TranscriptionJob,
} from '@aws-sdk/client-transcribe';
import type { PublishedEvent } from '../../local/eventbridge/event.ts';
import type { RolePrincipal } from '../../local/platform/principal.ts';
import { State } from '../../local/platform/state.ts';
import { S3Service } from '../../local/s3/s3.service.ts';
import type { SpeechEngine } from '../../local/transcribe/speech.ts';
import { TranscribeService } from '../../local/transcribe/transcribe.service.ts';
import { openFrontDoor, type TestFrontDoor } from '../support/front-door.ts';
import { type KeptPlace, temporaryDirectory } from './s3-support.ts';

export const RECORDINGS = 'recordings';
export const TRANSCRIPTS = 'transcripts';
export const MEDIA = { MediaFileUri: `s3://${RECORDINGS}/alice/question.wav` };
const REGION = 'eu-west-1';

export interface TestTranscribe {
  readonly door: TestFrontDoor;
  readonly service: TranscribeService;
  readonly client: TranscribeClient;
  readonly reports: readonly string[];
  /** Uploads a recording, by default where MEDIA says. */
  record(bytes: Uint8Array, key?: string): Promise<void>;
  /** Starts a job with what is not given, by default as the operator. */
  start(input?: Partial<StartTranscriptionJobCommandInput>, role?: RolePrincipal): Promise<TranscriptionJob>;
  get(TranscriptionJobName: string): Promise<TranscriptionJob>;
  /** Waits for the next job to end, and gives the event that told of it. */
  nextEvent(): Promise<PublishedEvent>;
  transcript(key: string): Promise<Transcript>;
  /** The keys of everything in the bucket of transcripts. */
  written(): Promise<string[]>;
  close(): Promise<void>;
}

interface Transcript {
  readonly jobName: string;
  readonly accountId: string;
  readonly status: string;
  readonly results: { readonly transcripts: readonly { readonly transcript: string }[]; readonly items: readonly object[] };
}

/** Transcribe and S3 behind a front door, with a bucket of recordings and one of transcripts; jobs listen at once. */
export async function openTranscribe(engine?: SpeechEngine, kept?: KeptPlace): Promise<TestTranscribe> {
  const { directory, state } = kept ?? { directory: temporaryDirectory(), state: State.inMemory() };
  const [events, reports] = [[] as PublishedEvent[], [] as string[]];
  const waiting: ((event: PublishedEvent) => void)[] = [];
  const publish = async (event: PublishedEvent) => {
    const waiter = waiting.shift();
    if (waiter) waiter(event);
    else events.push(event);
  };
  let service: TranscribeService | undefined;
  const door = await openFrontDoor(
    ({ clock, keys, access }) => {
      const s3 = new S3Service({ clock, keys, region: REGION, directory, state, onObjectEvent: () => undefined });
      service = new TranscribeService({ clock, region: REGION, access, s3, publish, engine, report: (line) => reports.push(line), state });
      return [s3, service];
    },
    { resumes: kept === undefined },
  );
  if (!service) throw new Error('the front door built no Transcribe');
  service.transcriptionDelayMs = 0;
  for (const BucketName of [RECORDINGS, TRANSCRIPTS]) await door.provision('AWS::S3::Bucket', BucketName, { BucketName });
  const s3 = new S3Client(door.clientConfig);
  const client = new TranscribeClient(door.clientConfig);
  return {
    door,
    service,
    client,
    reports,
    record: async (Body, Key = 'alice/question.wav') => {
      await s3.send(new PutObjectCommand({ Bucket: RECORDINGS, Key, Body }));
    },
    start: async (input = {}, role) => {
      const starter = role ? new TranscribeClient(door.configOf(role)) : client;
      const { TranscriptionJob = {} } = await starter.send(new StartTranscriptionJobCommand({ ...request('job'), ...input }));
      return TranscriptionJob;
    },
    get: async (TranscriptionJobName) => {
      const { TranscriptionJob = {} } = await client.send(new GetTranscriptionJobCommand({ TranscriptionJobName }));
      return TranscriptionJob;
    },
    nextEvent: async () => events.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    transcript: async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: TRANSCRIPTS, Key }));
      return JSON.parse((await Body?.transformToString()) ?? '');
    },
    written: async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: TRANSCRIPTS }));
      return Contents.map(({ Key = '' }) => Key);
    },
    close: async () => {
      s3.destroy();
      client.destroy();
      await door.close();
      if (!kept) rmSync(directory, { recursive: true });
      expect(door.internalErrors).toEqual([]);
    },
  };
}

/** What a job needs at least. */
function request(TranscriptionJobName: string) {
  return { TranscriptionJobName, LanguageCode: 'en-GB' as LanguageCode, Media: MEDIA, OutputBucketName: TRANSCRIPTS };
}

/** The form in which transcripts are set. */
export function said(text: string, recording: Uint8Array): Record<string, string> {
  return { [createHash('sha256').update(recording).digest('hex')]: text };
}

/** A WAV file in which nobody speaks; different seconds make different bytes. */
export function silence({ seconds = 2, sampleRateHz = 16_000, channels = 1 } = {}): Buffer {
  const bytes = Math.round(seconds * sampleRateHz) * channels * 2;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  return Buffer.concat([header, Buffer.alloc(bytes)]);
}
