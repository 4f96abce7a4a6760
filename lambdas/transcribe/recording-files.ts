import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import * as z from 'zod/mini';
import { audioKey, type Identity, type Job, transcriptKey, uploadKey } from './job.ts';
import { type RecordingUploadDocument, UPLOAD_FORM_SECONDS } from './transcribe.contract.ts';

/** As much of a transcript as is read (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output). */
const Transcript = z.object({ results: z.object({ transcripts: z.array(z.object({ transcript: z.string() })) }) });

/** The bucket in which recordings and their transcripts stay until the text is stored. */
export class RecordingFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** A form that is good for this recording's key, type and exact size, and for a quarter of an hour. */
  async uploadForm(job: Job, size: number): Promise<RecordingUploadDocument['upload']> {
    return createPresignedPost(this.#client, {
      Bucket: this.#bucket,
      Key: uploadKey(job),
      Fields: { 'Content-Type': job.content_type },
      Conditions: [
        ['eq', '$Content-Type', job.content_type],
        ['content-length-range', size, size],
      ],
      Expires: UPLOAD_FORM_SECONDS,
    });
  }

  /** What was uploaded, as it is now. */
  async readUpload(job: Identity): Promise<Uint8Array> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: uploadKey(job) }));
    if (!Body) throw new Error('S3 answered without a body');
    return Body.transformToByteArray();
  }

  /** Puts what was measured where Transcribe reads it, and where no form can write. */
  async writeAudio(job: Job, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.#bucket, Key: audioKey(job), ContentType: job.content_type, Body: bytes });
    await this.#client.send(put, { ...(signal && { abortSignal: signal }) });
  }

  /** The text that Transcribe has written; empty where nothing was said. */
  async readTranscript(job: Identity): Promise<string> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: transcriptKey(job) }));
    const { results } = z.parse(Transcript, JSON.parse((await Body?.transformToString()) ?? ''));
    return results.transcripts.map(({ transcript }) => transcript).join(' ');
  }

  /** Removes what was uploaded. What is gone already is no error. */
  async discardUpload(job: Identity): Promise<void> {
    await this.#delete(uploadKey(job));
  }

  /** Removes what Transcribe has read and written. What is gone already is no error. */
  async discardAudioAndTranscript(job: Identity): Promise<void> {
    await Promise.all([this.#delete(audioKey(job)), this.#delete(transcriptKey(job))]);
  }

  async #delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}
