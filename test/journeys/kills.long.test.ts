import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AcknowledgedWrites } from '../support/acknowledged-writes.ts';
import { PROJECT, SHARED_ASSEMBLY, startRuntime } from '../support/runtime.ts';
import { newUser } from '../support/users.ts';

const KILLS = 10;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'manuel-kills-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Starts a runtime in the folder, and kills it before or while it takes up what was under way. */
async function killWhileBooting(afterMs: number): Promise<void> {
  const assembly = process.env[SHARED_ASSEMBLY];
  const options = ['--port', '0', '--directory', directory, ...(assembly === undefined ? [] : ['--assembly', assembly])];
  const child = spawn(process.execPath, [path.join(PROJECT, 'local/start.ts'), ...options], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await pause(afterMs);
  child.kill('SIGKILL');
  await ended;
}

test('killed again and again, under load and while it boots, it loses nothing that it has ever acknowledged', async () => {
  let writes: AcknowledgedWrites | undefined;
  for (let kill = 0; kill <= KILLS; kill += 1) {
    const runtime = await startRuntime(directory);
    try {
      writes ??= new AcknowledgedWrites(await newUser(runtime.file));
      // All that was ever written, not only what came last.
      expect(await writes.missingFrom(runtime.file)).toEqual([]);
      const before = writes.counts;
      const writing = writes.writeTo(runtime.file);
      while (writes.counts.puts === before.puts) await pause(10);
      await pause(200 * (kill % 6));
      runtime.process.kill('SIGKILL');
      await writing;
    } finally {
      runtime.process.kill('SIGKILL');
    }
    await killWhileBooting(500 + 300 * (kill % 8));
  }
}, 900_000);
