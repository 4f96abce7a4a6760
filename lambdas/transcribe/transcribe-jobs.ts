import {
  BadRequestException,
  ConflictException,
  DeleteTranscriptionJobCommand,
  type LanguageCode,
  LimitExceededException,
  NotFoundException,
  StartTranscriptionJobCommand,
  type TranscribeClient,
} from '@aws-sdk/client-transcribe';
import { Problem } from '../shared/problem.ts';
import { audioKey, type Identity, type Job, transcribeName, transcriptKey } from './job.ts';
import { MEDIA_FORMATS } from './transcribe.contract.ts';

/** A second try, a second later at most. */
export const TRANSCRIBE_RETRIES = { maxAttempts: 2 } as const;

/** Amazon Transcribe's batch jobs. They read and write the bucket with the rights of the function that starts them. */
export class TranscribeJobs {
  readonly #client: TranscribeClient;
  readonly #bucket: string;
  readonly #namePrefix: string;

  constructor(client: TranscribeClient, bucket: string, namePrefix: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#namePrefix = namePrefix;
  }

  /** Has the audio of a job transcribed. Starting it again changes nothing. The language is named: identifying it wants 30 s of speech. */
  async start(job: Job, signal?: AbortSignal): Promise<void> {
    const command = new StartTranscriptionJobCommand({
      TranscriptionJobName: transcribeName(this.#namePrefix, job),
      LanguageCode: job.language as LanguageCode,
      MediaFormat: MEDIA_FORMATS[job.content_type],
      Media: { MediaFileUri: `s3://${this.#bucket}/${audioKey(job)}` },
      OutputBucketName: this.#bucket,
      OutputKey: transcriptKey(job),
    });
    try {
      await this.#client.send(command, { ...(signal && { abortSignal: signal }) });
    } catch (error) {
      if (error instanceof ConflictException) return;
      if (error instanceof LimitExceededException) {
        throw new Problem('unavailable', 'Too many recordings are being transcribed. Try again in a moment.', {
          retryAfterSeconds: 5,
          cause: error,
        });
      }
      throw error;
    }
  }

  /** Removes Transcribe's own record of a job. One that is gone already is no error, of which it speaks as of a bad request. */
  async remove(job: Identity): Promise<void> {
    try {
      await this.#client.send(new DeleteTranscriptionJobCommand({ TranscriptionJobName: transcribeName(this.#namePrefix, job) }));
    } catch (error) {
      if (!(error instanceof BadRequestException || error instanceof NotFoundException)) throw error;
    }
  }
}
