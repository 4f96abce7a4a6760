import path from 'node:path';
import { print, readOptions, readPort, runCommand, stageDirectory } from './cli/command-line.ts';
import { readEmbeddingsOptions } from './cli/embeddings-options.ts';
import { readLanguageModelOptions } from './cli/language-model-options.ts';
import { Progress } from './cli/progress.ts';
import { readSpeechOptions } from './cli/speech-options.ts';
import { describeUnhonoured, welcome } from './cli/welcome.ts';
import { Runtime } from './runtime.ts';

const USAGE = 'Usage: npm start -- [--stage dev] [--port 3000] [--directory .manuel/<stage>] [--assembly cdk.out] [--fresh]';

/**
 * `npm start`: boots a stage from its templates and keeps it running until it is interrupted. With `--assembly` it runs these templates
 * and bundles in place of those of the sources, such as the very ones that CI is about to deploy. It goes on from the state that the
 * last run of the stage has left, however that ended; with `--fresh` it begins anew.
 */
await runCommand(async () => {
  const options = readOptions(
    {
      stage: { type: 'string', default: 'dev' },
      port: { type: 'string', default: '3000' },
      directory: { type: 'string' },
      assembly: { type: 'string' },
      fresh: { type: 'boolean', default: false },
    },
    USAGE,
  );
  const { stage } = options;
  const directory = options.directory ?? stageDirectory(stage);
  // Ctrl-C reaches a program under npm twice: from the terminal, and from npm. The second one must not cut the stop short.
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve());
  });

  print(`Manuel, stage ${stage}, on this machine`);
  const progress = new Progress();
  const runtime = await Runtime.start({
    stage,
    port: readPort(options.port),
    directory,
    fresh: options.fresh,
    embeddings: readEmbeddingsOptions(process.env),
    speech: readSpeechOptions(process.env),
    languageModel: readLanguageModelOptions(process.env),
    assembly: options.assembly === undefined ? undefined : path.resolve(options.assembly),
    onStep: progress.begin,
    onReport: (line) => print(`! ${line}`),
  });
  progress.end();
  print(`Ready in ${progress.elapsed}.`);
  print(describeUnhonoured(runtime.provisioned));
  print(welcome(runtime.file, directory));
  // An interrupt while it boots takes effect here, when there is something whole to stop.
  await interrupted;
  print('\nStopping.');
  await runtime.stop();
});
