import { OPERATOR } from '../../local/platform/principal.ts';
import { CLIENT_CALLS, type ClientConfig, outcomeOf } from './front-door-clients.ts';
import { type FullDoor, openFullDoor } from './front-door-services.ts';
import { REGION } from './front-door-support.ts';

const MINUTE_MS = 60_000;

let door: FullDoor;
let config: ClientConfig;

beforeAll(async () => {
  door = await openFullDoor();
  config = { endpoint: door.frontDoor.endpoint, region: REGION, credentials: door.keys.issue(OPERATOR), maxAttempts: 1 };
});

afterAll(async () => {
  await door.close();
  expect(door.internalErrors).toEqual([]);
});

describe.each(CLIENT_CALLS)('the client of $name', ({ service, call, complaint }) => {
  const s3 = service === 's3';

  test('signs what is accepted', async () => {
    expect(await outcomeOf(call(config))).toBe(complaint);
  });

  test('is told that its secret is wrong', async () => {
    const credentials = { ...config.credentials, secretAccessKey: 'wrong' };
    expect(await outcomeOf(call({ ...config, credentials }))).toBe(s3 ? 'SignatureDoesNotMatch' : 'InvalidSignatureException');
  });

  test('is told that nobody knows its key', async () => {
    const credentials = { ...config.credentials, accessKeyId: 'AKIAUNKNOWN' };
    expect(await outcomeOf(call({ ...config, credentials }))).toBe(s3 ? 'InvalidAccessKeyId' : 'UnrecognizedClientException');
  });

  test('is told that its region is another', async () => {
    const region = 'us-east-1';
    expect(await outcomeOf(call({ ...config, region }))).toBe(s3 ? 'AuthorizationHeaderMalformed' : 'InvalidSignatureException');
  });

  test('is told that its clock is slow', async () => {
    const slow = { ...config, systemClockOffset: -20 * MINUTE_MS };
    expect(await outcomeOf(call(slow))).toBe(s3 ? 'RequestTimeTooSkewed' : 'InvalidSignatureException');
  });
});
