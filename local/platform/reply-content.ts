import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AwsReply } from './call.ts';

/** The whole body of a reply, whatever shape it is in. */
export function contentOf({ body }: AwsReply): Promise<Buffer> {
  return buffer(Readable.from(body instanceof Readable ? body : [Buffer.from(body)]));
}
