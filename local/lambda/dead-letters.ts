import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import type { DeadEvent } from './async-invocations.ts';
import type { FunctionConfiguration } from './function-configuration.ts';
import type { MessageQueues } from './message-queues.ts';

/** How much of an error travels with the event. */
const MAX_ERROR_BYTES = 1024;

export interface DeadLettersOptions {
  readonly access: AccessControl;
  readonly queues: MessageQueues;
  readonly report: (line: string) => void;
}

/** The dead-letter queues of functions (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). */
export class DeadLetters {
  readonly #options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** Throws what AWS refuses a function with whose role may not send to its queue. */
  verify({ deadLetterArn, roleArn, name }: FunctionConfiguration): void {
    if (deadLetterArn === undefined) return;
    try {
      this.#options.access.require(
        { kind: 'role', arn: roleArn, sessionName: name },
        { action: 'sqs:SendMessage', resource: deadLetterArn },
      );
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const message = `The provided execution role does not have permissions to call SendMessage on SQS: ${error.message}`;
      throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
    }
  }

  /** Sends an event that was given up to its function's queue, if it has one, as the function's role. */
  async take({ target, invocation, error, httpStatus }: DeadEvent): Promise<void> {
    const { deadLetterArn, name } = target.configuration;
    if (deadLetterArn === undefined) return;
    const attributes = {
      RequestID: invocation.requestId,
      ErrorCode: String(httpStatus),
      ErrorMessage: Buffer.from(error).subarray(0, MAX_ERROR_BYTES).toString('utf8'),
    };
    try {
      await this.#options.queues.send(target.role, deadLetterArn, invocation.payload.toString('utf8'), attributes);
    } catch (refusal) {
      this.#options.report(`${name}: event ${invocation.requestId} is lost; its dead-letter queue refused: ${String(refusal)}`);
    }
  }
}
