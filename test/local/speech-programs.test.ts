import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Programs } from '../../local/transcribe/engines/programs.ts';
import { emptyFolder, standIn } from './speech-support.ts';

const MODULE = pathToFileURL(path.resolve(import.meta.dirname, '../../local/transcribe/engines/programs.ts')).href;
const FOR_EVER = 'setInterval(() => {}, 1000);';

let folder: string;
let programs: Programs;

beforeEach(() => {
  folder = emptyFolder();
  programs = new Programs('');
});
afterEach(async () => {
  await programs.close();
  rmSync(folder, { recursive: true, force: true });
});

const bounds = { timeoutMs: 60_000, memoryMb: 4096, signal: new AbortController().signal };

test('a program that takes too long is ended, with all that it has started', async () => {
  const child = standIn(folder, 'child', FOR_EVER);
  const parent = standIn(folder, 'parent', `require('child_process').spawn(${JSON.stringify(child)}, { stdio: 'inherit' }); ${FOR_EVER}`);
  await expect(programs.run(parent, [], { ...bounds, timeoutMs: 300 })).rejects.toThrow('parent took longer than 0.3 s.');
});

test('a program that there is not fails', async () => {
  await expect(programs.run(path.join(folder, 'nothing'), [], bounds)).rejects.toThrow(/^nothing failed \(127\): /);
});

test('a program and its files go with a runtime that is killed', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connect = `require('net').connect(${(server.address() as AddressInfo).port}, '127.0.0.1');`;
  const listening = standIn(folder, 'listening', `${connect} ${FOR_EVER}`);
  const script = `
    import { Programs } from ${JSON.stringify(MODULE)};
    const programs = new Programs('');
    const signal = new AbortController().signal;
    await programs.inFolder(signal, async (folder) => {
      console.log(folder);
      await programs.run(${JSON.stringify(listening)}, [], { timeoutMs: 60000, memoryMb: 4096, signal });
    });`;
  const runtime = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [[socket], [place]] = await Promise.all([once(server, 'connection'), once(runtime.stdout.setEncoding('utf8'), 'data')]);
  const files = path.dirname(place.trim());
  expect(existsSync(files)).toBe(true);
  const ended = once(socket.resume(), 'close');
  runtime.kill('SIGKILL');
  await ended;
  server.close();
  // They go right after it, by another process.
  for (let tries = 0; existsSync(files) && tries < 500; tries++) await once(spawn('true'), 'exit');
  expect(existsSync(files)).toBe(false);
});
