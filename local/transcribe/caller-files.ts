import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import { callAs, type InnerRequest } from '../platform/call-as.ts';
import type { Principal } from '../platform/principal.ts';
import { contentOf } from '../platform/reply-content.ts';
import type { S3Service } from '../s3/s3.service.ts';
import type { ObjectAddress } from './start-request.ts';

const UNREADABLE = "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.";
const UNWRITABLE =
  "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.";
/** What Transcribe writes before it takes a job, and leaves there, to see whether it will be able to write the transcript. */
const PROBE = '.write_access_check_file.temp';

/** S3 refused; the message is Transcribe's, for a refused request as for a failed job. */
export class FilesInaccessible extends Error {
  override readonly name = 'FilesInaccessible';
}

/**
 * The files of a job, with the rights of whoever started it: Transcribe has none of its own
 * (https://docs.aws.amazon.com/transcribe/latest/dg/security_iam_service-with-iam.html; forward access sessions:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html). Throws FilesInaccessible.
 */
export class CallerFiles {
  readonly #access: AccessControl;
  readonly #caller: Principal;
  readonly #s3: S3Service;

  constructor(access: AccessControl, caller: Principal, s3: S3Service) {
    this.#access = access;
    this.#caller = caller;
    this.#s3 = s3;
  }

  /** Whether the job can be done, before it is taken. */
  async probe(media: ObjectAddress, output: ObjectAddress): Promise<void> {
    await this.#call(UNREADABLE, { method: 'HEAD', path: pathOf(media) });
    const folder = output.key.slice(0, output.key.lastIndexOf('/') + 1);
    await this.write({ ...output, key: `${folder}${PROBE}` }, Buffer.alloc(0), 'application/octet-stream');
  }

  read(media: ObjectAddress): Promise<Buffer> {
    return this.#call(UNREADABLE, { method: 'GET', path: pathOf(media) });
  }

  async write(output: ObjectAddress, body: Buffer, contentType: string): Promise<void> {
    await this.#call(UNWRITABLE, { method: 'PUT', path: pathOf(output), headers: { 'content-type': contentType }, body });
  }

  async #call(refusal: string, request: InnerRequest): Promise<Buffer> {
    try {
      const reply = await callAs(this.#access, this.#caller, this.#s3, request, { 'aws:ViaAWSService': 'true' });
      return await contentOf(reply);
    } catch (error) {
      if (error instanceof AwsError) throw new FilesInaccessible(refusal, { cause: error });
      throw error;
    }
  }
}

function pathOf({ bucket, key }: ObjectAddress): string {
  return `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
