import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

/** AWS ties neither of them to a resource: a job is not there yet, or there are many. */
const WITHOUT_RESOURCE = ['StartTranscriptionJob', 'ListTranscriptionJobs'];
/** What a policy may say of the job that is to be started. */
const CONDITIONS = ['OutputBucketName', 'OutputKey'];

/**
 * What a call to Transcribe needs
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazontranscribe.html). What a job reads and writes in S3 is
 * asked for when it does.
 */
export function transcribePermissions(operation: string, input: Readonly<Record<string, unknown>>, region: string): Permission[] {
  const action = `transcribe:${operation}`;
  if (!WITHOUT_RESOURCE.includes(operation)) {
    const name = String(input['TranscriptionJobName'] ?? '');
    return [{ action, resource: `arn:aws:transcribe:${region}:${LOCAL_ACCOUNT}:transcription-job/${name}` }];
  }
  if (operation !== 'StartTranscriptionJob') return [{ action, resource: '*' }];
  const stated = CONDITIONS.filter((member) => input[member] !== undefined);
  return [{ action, resource: '*', context: Object.fromEntries(stated.map((member) => [`transcribe:${member}`, String(input[member])])) }];
}
