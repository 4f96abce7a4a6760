import { XMLBuilder } from 'fast-xml-parser';
import type { AwsError, AwsReply, RawRequest } from '../platform/call.ts';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

/** A call in AWS's query protocol, which is a form (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html). */
export interface QueryCall {
  readonly action: string;
  readonly members: Readonly<Record<string, string>>;
}

/** Reads what was called, by whichever name. */
export function readQuery({ body }: Pick<RawRequest, 'body'>): QueryCall {
  const { Action: action = '', Version, ...members } = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return { action, members };
}

export function queryReply(action: string, members: Readonly<Record<string, string>>): AwsReply {
  return xmlReply(200, `${action}Response`, { [`${action}Result`]: members });
}

export function queryError({ code, message, status }: AwsError): AwsReply {
  return xmlReply(status, 'ErrorResponse', { Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message } });
}

function xmlReply(status: number, root: string, members: object): AwsReply {
  const body = builder.build({ [root]: { '@xmlns': NAMESPACE, ...members } });
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
