import * as z from 'zod';
import { AwsError, notEmulated } from '../platform/call.ts';
import { LANGUAGE_CODES } from './languages.ts';
import { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from './media.ts';
import { MEDIA_FORMATS } from './speech.ts';

/** What a job was started with. */
export interface StartRequest {
  readonly name: string;
  readonly language: string;
  /** As it was given. */
  readonly mediaUri: string;
  readonly media: ObjectAddress;
  readonly format: string | undefined;
  readonly sampleRateHz: number | undefined;
  readonly output: ObjectAddress;
}

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** Transcribe's own checks, and in its words (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html). */
const matching = (pattern: RegExp) => z.string().regex(pattern, `Member must satisfy regular expression pattern: ${pattern.source}`);
const oneOf = (values: Iterable<string>) => {
  const allowed = [...values];
  return z.string().refine((value) => allowed.includes(value), `Member must satisfy enum value set: [${allowed.join(', ')}]`);
};
const upTo = (schema: z.ZodString, length: number) =>
  schema
    .min(1, 'Member must have length greater than or equal to 1')
    .max(length, `Member must have length less than or equal to ${length}`);
const between = (least: number, most: number) =>
  z
    .int()
    .min(least, `Member must have value greater than or equal to ${least}`)
    .max(most, `Member must have value less than or equal to ${most}`);

const NAME_PATTERN = /^[0-9a-zA-Z._-]+$/;
const name = upTo(matching(NAME_PATTERN), 200);

const START = z.object({
  TranscriptionJobName: name,
  LanguageCode: oneOf(LANGUAGE_CODES).optional(),
  MediaFormat: oneOf(MEDIA_FORMATS).optional(),
  MediaSampleRateHertz: between(MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ).optional(),
  Media: z.object({ MediaFileUri: upTo(matching(/^(s3:\/\/|http(s*):\/\/).+$/), 2000) }),
  OutputBucketName: matching(/^[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9]$/).optional(),
  OutputKey: upTo(matching(/^[a-zA-Z0-9-_.!*'()/]{1,1024}$/), 1024).optional(),
});
const NAMED = z.object({ TranscriptionJobName: name });
export const LIST = z.object({
  Status: oneOf(['QUEUED', 'IN_PROGRESS', 'FAILED', 'COMPLETED']).optional(),
  JobNameContains: name.optional(),
  MaxResults: between(1, 100).optional(),
  NextToken: z.string().min(1).max(8192).optional(),
});

/** Throws BadRequestException, or names what is not emulated. */
export function readStart(input: Readonly<Record<string, unknown>>): StartRequest {
  const request = parse(START, input);
  refuseOthers(input, START, 'StartTranscriptionJob');
  refuseOthers(input['Media'] as object, START.shape.Media, 'the Media of StartTranscriptionJob');
  if (request.LanguageCode === undefined) {
    throw badRequest('The language code is missing. Either add a language code or turn on language identification.');
  }
  const { bucket, key } = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/s.exec(request.Media.MediaFileUri)?.groups ?? {};
  if (bucket === undefined || key === undefined)
    throw notEmulated(`media at an address like ${request.Media.MediaFileUri}, only s3://bucket/key`);
  if (request.OutputBucketName === undefined)
    throw notEmulated("Transcribe's own bucket for transcripts, so a job needs an OutputBucketName");
  return {
    name: request.TranscriptionJobName,
    language: request.LanguageCode,
    mediaUri: request.Media.MediaFileUri,
    media: { bucket, key },
    format: request.MediaFormat,
    sampleRateHz: request.MediaSampleRateHertz,
    output: { bucket: request.OutputBucketName, key: outputKey(request.TranscriptionJobName, request.OutputKey) },
  };
}

export function readName(input: unknown): string {
  return parse(NAMED, input).TranscriptionJobName;
}

/** Throws BadRequestException with every constraint that does not hold. */
export function parse<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const { success, data, error } = schema.safeParse(input, { reportInput: true });
  if (success) return data;
  const complaints = error.issues.map(({ path, message, input: value }) => {
    const member = path.map((part) => String(part).replace(/^./, (first) => first.toLowerCase())).join('.');
    if (value === undefined || value === null) return `Value null at '${member}' failed to satisfy constraint: Member must not be null`;
    return `Value '${typeof value === 'object' ? JSON.stringify(value) : value}' at '${member}' failed to satisfy constraint: ${message}`;
  });
  throw badRequest(`${complaints.length} validation error${complaints.length === 1 ? '' : 's'} detected: ${complaints.join('; ')}`);
}

export function badRequest(message: string): AwsError {
  return new AwsError('BadRequestException', message);
}

function refuseOthers(input: object, { shape }: { shape: object }, where: string): void {
  for (const [member, value] of Object.entries(input)) {
    if (!(member in shape) && value !== undefined) throw notEmulated(`the member ${member} of ${where}`);
  }
}

/** A key that ends in `.json` is the file; any other is the folder of a file that is called as the job. */
function outputKey(jobName: string, key: string | undefined): string {
  if (key === undefined) return `${jobName}.json`;
  return key.endsWith('.json') ? key : `${key.replace(/\/$/, '')}/${jobName}.json`;
}
