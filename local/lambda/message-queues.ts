import type { Principal } from '../platform/principal.ts';

/** What Lambda needs of SQS, in process, with the rights of the function's role. */
export interface MessageQueues {
  attributes(principal: Principal, queueArn: string): Promise<Readonly<Record<string, string>>>;
  /** Waits up to `waitSeconds` for the first message, or until `signal` aborts. Empty when none came. */
  receive(
    principal: Principal,
    queueArn: string,
    options: { readonly maxMessages: number; readonly waitSeconds: number; readonly signal: AbortSignal },
  ): Promise<readonly ReceivedMessage[]>;
  /** Sends a message with text attributes. */
  send(principal: Principal, queueArn: string, body: string, attributes: Readonly<Record<string, string>>): Promise<unknown>;
  /** Deletes what has been processed. */
  delete(principal: Principal, queueArn: string, receiptHandles: readonly string[]): Promise<void>;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** The queue's own, such as `ApproximateReceiveCount`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The sender's. */
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
}

/** As SQS's API gives it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: Uint8Array | undefined;
}
