import { writeFile } from 'node:fs/promises';
import { print, readOptions, runCommand, UsageError } from '../../local/cli/command-line.ts';
import { readEmbeddingsOptions } from '../../local/cli/embeddings-options.ts';
import { readLanguageModelOptions } from '../../local/cli/language-model-options.ts';
import { Progress } from '../../local/cli/progress.ts';
import { type EvaluationManual, loadEvaluationManuals, loadPoisonedManuals, type PoisonedManual } from '../fixtures/fixtures.ts';
import { DeployedStage } from './deployed-stage.ts';
import { LocalStage } from './local-stage.ts';
import { type Half, measureManual, measurePoisoned, type Outcome } from './measure.ts';
import { renderReport, reportDocument } from './report.ts';
import type { Stage } from './stage.ts';

const USAGE = `Usage: npm run evaluate -- [--half held-back|tuning|both] [--manual nut]... [--json FILE]
Of a stage that is deployed, as a user who has the quota for it:
       npm run evaluate -- --url https://... --token ...     (or MANUEL_TOKEN in the environment)`;
const HALVES: Readonly<Record<string, readonly Half[]>> = {
  tuning: ['tuning'],
  'held-back': ['held-back'],
  both: ['tuning', 'held-back'],
};

/** `npm run evaluate`: asks the questions that were written from real manuals before any tuning, and measures the answers. */
await runCommand(async () => {
  const options = readOptions(
    {
      half: { type: 'string', default: 'held-back' },
      manual: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      url: { type: 'string' },
      token: { type: 'string', default: process.env['MANUEL_TOKEN'] ?? '' },
    },
    USAGE,
  );
  const halves = HALVES[options.half] ?? fail(`There is no half "${options.half}".`);
  const manuals = selected(loadEvaluationManuals(), options.manual);
  const poisoned = selected(loadPoisonedManuals(), options.manual);
  if (manuals.length + poisoned.length === 0) fail(`There is no manual ${options.manual.join(', ')}.`);

  const progress = new Progress();
  const stage =
    options.url === undefined
      ? await startStage(progress)
      : await reachStage(options.url, options.token, countQuestions(manuals, poisoned, halves));
  const outcomes: Outcome[] = [];
  try {
    for (const manual of manuals) {
      progress.begin(manual.name);
      outcomes.push(...(await measureManual(await stage.own(manual), manual, halves)));
    }
    for (const manual of poisoned) {
      progress.begin(`${manual.name}, which gives orders`);
      outcomes.push(...(await measurePoisoned(await stage.own(manual), manual)));
    }
  } finally {
    progress.end();
    await stage.close();
  }
  print(`\n${renderReport(outcomes, stage.hits)}`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(reportDocument(outcomes, stage.hits), null, 2)}\n`);
});

function startStage({ begin }: Progress): Promise<Stage> {
  return LocalStage.start({
    embeddings: readEmbeddingsOptions(process.env),
    languageModel: readLanguageModelOptions(process.env),
    onStep: begin,
    onReport: (line) => print(`! ${line}`),
  });
}

async function reachStage(url: string, token: string, needed: number): Promise<Stage> {
  if (token === '') fail('A stage that is deployed needs an access token.');
  const stage = new DeployedStage(url, token);
  const remaining = await stage.remainingQuestions();
  if (remaining < needed) fail(`These are ${needed} questions, and this user may ask ${remaining} more. Choose manuals with --manual.`);
  return stage;
}

function countQuestions(manuals: readonly EvaluationManual[], poisoned: readonly PoisonedManual[], halves: readonly Half[]): number {
  const asked = manuals
    .flatMap(({ questions, unanswerable }) => [...questions, ...unanswerable])
    .filter(({ half }) => halves.includes(half));
  return asked.length + poisoned.flatMap(({ questions }) => questions).length;
}

function selected<Manual extends { readonly name: string }>(manuals: readonly Manual[], names: readonly string[]): readonly Manual[] {
  return names.length === 0 ? manuals : manuals.filter(({ name }) => names.includes(name));
}

function fail(message: string): never {
  throw new UsageError(`${message}\n${USAGE}`);
}
