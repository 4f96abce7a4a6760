import { once } from 'node:events';
import { print, readArguments, readPort, runCommand, stageDirectory } from './cli/command-line.ts';
import { Progress } from './cli/progress.ts';
import { describeUnhonoured, welcome } from './cli/welcome.ts';
import { Runtime } from './runtime.ts';

const USAGE = 'Usage: npm start -- [--stage dev] [--port 3000]';

/** `npm start`: boots a stage from its templates and keeps it running until it is interrupted. */
await runCommand(async () => {
  const { values } = readArguments({ stage: { type: 'string', default: 'dev' }, port: { type: 'string', default: '3000' } }, USAGE);
  const { stage } = values;
  const port = readPort(values.port);
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);

  print(`Manuel, stage ${stage}, on this machine`);
  const progress = new Progress();
  const starting = Runtime.start({
    stage,
    port,
    directory: stageDirectory(stage),
    onStep: progress.begin,
    onReport: (line) => print(`! ${line}`),
  });
  const first = await Promise.race([starting, interrupted.then(() => undefined)]);
  // An interrupt while booting waits for the boot to end, so that there is something whole to stop.
  const runtime = first ?? (await starting);
  progress.end();
  if (first) {
    print(`Ready in ${progress.elapsed}.`);
    print(describeUnhonoured(runtime.provisioned));
    print(welcome(runtime.file));
    await interrupted;
  }
  print('\nStopping.');
  await runtime.stop();
  process.exit(0);
});
