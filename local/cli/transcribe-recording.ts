import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MAX_BODY_RECORDING_BYTES, type TranscriptionDocument } from '../../lambdas/transcribe/transcribe.contract.ts';
import { UsageError } from './command-line.ts';
import { ApiProblem, type ManuelClient, sendForm } from './manuel-client.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'audio/mp4',
  '.m4a': 'audio/m4a',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
  '.flac': 'audio/flac',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.webm': 'audio/webm',
  '.amr': 'audio/amr',
};

/** The text of a recording: in a request where it is small and short enough, otherwise by an upload. */
export async function transcribeRecording(client: ManuelClient, file: string, language?: string): Promise<TranscriptionDocument> {
  const extension = path.extname(file).toLowerCase();
  const contentType = CONTENT_TYPES[extension];
  if (!contentType) {
    throw new UsageError(`"${extension}" recordings are not accepted; accepted are ${Object.keys(CONTENT_TYPES).join(', ')}.`);
  }
  const bytes = await readFile(file);
  const answer = bytes.length > MAX_BODY_RECORDING_BYTES ? undefined : await inRequest(client, bytes, contentType, language);
  if (answer && 'transcription' in answer) return answer;
  if (answer) return client.untilTranscribed(answer.job_id);
  const { job_id, upload } = await client.startRecordingUpload({
    content_type: contentType,
    size: bytes.length,
    ...(language && { language }),
  });
  await sendForm(upload, bytes);
  return client.untilTranscribed(job_id);
}

/** Undefined when it is too long for a request. */
async function inRequest(client: ManuelClient, bytes: Uint8Array, contentType: string, language: string | undefined) {
  try {
    return await client.transcribe(bytes, contentType, language);
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.code === 'too_large') return undefined;
    throw error;
  }
}
