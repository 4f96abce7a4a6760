import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/** CloudFormation reads 4,096 bytes (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html); the rest is ids. */
const MAX_REASON_CHARACTERS = 500;
/** CloudFormation's address is one of S3. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Tells CloudFormation what came of an event: `failure` in a sentence, or nothing for success. Throws when CloudFormation does not take
 * it, so that Lambda tries the event again.
 */
export async function answerStack(event: CloudFormationCustomResourceEvent, failure?: string): Promise<void> {
  const answer = {
    Status: failure === undefined ? 'SUCCESS' : 'FAILED',
    ...(failure !== undefined && { Reason: failure.slice(0, MAX_REASON_CHARACTERS) }),
    // It never changes, or CloudFormation would delete what it takes for the old one.
    PhysicalResourceId: 'PhysicalResourceId' in event ? event.PhysicalResourceId : event.LogicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  const response = await fetch(event.ResponseURL, {
    method: 'PUT',
    // The address is signed for no type.
    headers: { 'content-type': '' },
    body: JSON.stringify(answer),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  // Without the address, which lets whoever has it answer.
  if (!response.ok) throw new Error(`CloudFormation's address answered ${response.status}`);
}
