import type { MessageAttribute, ReceivedMessage } from './message-queues.ts';

/** The event that a function gets for a batch of messages (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html). */
export function sqsEvent(messages: readonly ReceivedMessage[], queueArn: string, region: string): object {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: message.attributes,
      messageAttributes: Object.fromEntries(
        Object.entries(message.messageAttributes).map(([name, attribute]) => [name, eventAttribute(attribute)]),
      ),
      md5OfBody: message.md5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}

function eventAttribute({ DataType, StringValue, BinaryValue }: MessageAttribute): object {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}

/**
 * The ids of the messages that a function reports as failed, or `all` when its report cannot be trusted: it is not an
 * object, or an identifier is missing, empty or not of the batch
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
export function reportedFailures(payload: Buffer, messages: readonly ReceivedMessage[]): ReadonlySet<string> | 'all' {
  const report = parseReport(payload);
  if (report === undefined) return 'all';
  const failures = report?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return 'all';
  const known = new Set(messages.map((message) => message.messageId));
  const ids = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier);
  return ids.every((id): id is string => typeof id === 'string' && known.has(id)) ? new Set(ids) : 'all';
}

/** Undefined when the payload is no report. Null is one: that of a handler that returns nothing. */
function parseReport(payload: Buffer): { batchItemFailures?: unknown } | null | undefined {
  try {
    const parsed: unknown = JSON.parse(payload.toString('utf8'));
    return typeof parsed === 'object' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
