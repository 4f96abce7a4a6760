import { RuntimeControl } from '../../local/control/runtime-control.ts';
import { wavOf } from '../support/recordings.ts';
import { startRuntime } from '../support/runtime.ts';
import { newUser } from '../support/users.ts';

/** Of the runtime's time, which nobody advances here: longer than anybody waits. */
const FOR_EVER_MS = 600_000;

test('a service behind that takes too long is a 504 before the gateway gives up, and charges nothing', async () => {
  const runtime = await startRuntime();
  const control = new RuntimeControl(runtime.file);
  const user = await newUser(runtime.file);
  for (const [service, operation] of [
    ['bedrock', 'Retrieve'],
    ['transcribe', 'StartTranscriptionJob'],
  ] as const) {
    await control.armFault({ service, operation, kind: 'slow', delayMs: FOR_EVER_MS });
  }
  const timeout = { status: 504, problem: { code: 'timeout' } };
  await Promise.all([
    expect(user.client.ask('How do I descale the kettle?')).rejects.toMatchObject(timeout),
    expect(user.client.transcribe(wavOf(1), 'audio/wav')).rejects.toMatchObject(timeout),
  ]);
  await control.clearFaults();
  await expect(user.client.usage()).resolves.toMatchObject({ daily_used: 0 });
  await control.advanceTime(FOR_EVER_MS);
  expect(await runtime.stop()).toBe(0);
});
