import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isAlive, openLambda, until } from './lambda-handlers/lambda-under-test.ts';

const HOST = fileURLToPath(new URL('./lambda-handlers/host.ts', import.meta.url));

test('stop ends every process, answers what was running and removes the code', async () => {
  const { door, functions, deploy, logOf } = await openLambda();
  const name = await deploy('handlers.misbehave');
  const { taskRoot } = functions.function(name);
  await functions.invoke(name, '{}');
  const running = [functions.invoke(name, '{"how":"hang"}'), functions.invoke(name, '{"how":"spin"}')];
  // One of the two takes the environment that is warm.
  await until(async () => (await logOf(name, 'START')).length === 3 && (await logOf(name, 'attempt')).length === 3);
  const printed = await logOf(name, 'attempt');
  const pids = new Set(printed.map((line) => Number(/ of (\d+)/.exec(line)?.[1])));
  expect(existsSync(taskRoot)).toBe(true);
  await door.close();
  for (const result of await Promise.all(running)) expect(String(result.payload)).toContain('signal: killed');
  expect(pids.size).toBe(2);
  expect([...pids].filter(isAlive)).toEqual([]);
  expect(existsSync(taskRoot)).toBe(false);
  await expect(functions.invoke(name, '{}')).rejects.toThrow('The local runtime is stopping.');
});

test('when the runtime is killed, no environment outlives it: neither frozen nor waiting nor in an endless loop', async () => {
  const host: ChildProcess = spawn(process.execPath, [HOST], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!host.stdout) throw new Error('the host has no output');
  const [line] = await once(createInterface({ input: host.stdout }), 'line');
  const { pids, folder } = JSON.parse(line) as { pids: number[]; folder: string };
  expect(pids.filter(isAlive)).toHaveLength(3);
  host.kill('SIGKILL');
  await until(() => !pids.some(isAlive) && !existsSync(folder));
});
