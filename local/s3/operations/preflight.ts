import { preflightHeaders } from '../cors.ts';
import { emptyReply, type S3Operation } from '../s3-call.ts';

/** A browser's question whether it may send a request from another origin. */
export const preflight: S3Operation = async ({ bucket, headers }, { store }) =>
  emptyReply(
    200,
    preflightHeaders(store.bucket(bucket).configuration.corsRules, {
      origin: headers['origin'],
      method: headers['access-control-request-method'],
      headers: headers['access-control-request-headers'] ?? '',
    }),
  );
