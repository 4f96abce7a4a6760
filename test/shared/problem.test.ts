import { Refusal } from '../../lambdas/shared/guard/refusal.ts';
import { isThrottling, Problem, toProblem } from '../../lambdas/shared/problem.ts';

const serviceError = (name: string, status = 400) =>
  Object.assign(new Error('arn:aws:dynamodb:…'), { name, $fault: 'client', $metadata: { httpStatusCode: status } });

// What DynamoDB calls it when an item, a table or an account is asked too much
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
test.each(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'])('%s is a 503, never a 500', (name) => {
  const error = serviceError(name);
  expect(isThrottling(error)).toBe(true);
  expect(toProblem(error)).toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: 5 });
  expect(toProblem(error).message).not.toContain('arn:');
});

test('what else a service refuses is no throttling', () => {
  for (const name of ['ConditionalCheckFailedException', 'AccessDeniedException']) expect(isThrottling(serviceError(name))).toBe(false);
  expect(toProblem(serviceError('AccessDeniedException'))).toMatchObject({ code: 'bad_upstream', status: 502 });
});

test('a refusal is a problem as it is', () => {
  const refusal = new Refusal('rate_ip', 'rate_limited', 'Too many.', { retryAfterSeconds: 7 });
  expect(toProblem(refusal)).toBe(refusal);
  expect(refusal).toBeInstanceOf(Problem);
  expect(refusal.toDocument('r-1')).toMatchObject({ status: 429, code: 'rate_limited', request_id: 'r-1' });
});
