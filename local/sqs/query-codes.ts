/** Codes that the query protocol had under another name, as the SDK's model of SQS lists them. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  KmsAccessDenied: 'KMS.AccessDeniedException',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
};

/** An error's `x-amzn-query-error` header: its code in the former query protocol, which SDKs still show to their callers. */
export function queryErrorHeader(code: string, status: number): string {
  return `${QUERY_CODES[code] ?? code};${status < 500 ? 'Sender' : 'Receiver'}`;
}
