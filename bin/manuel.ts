import { App } from 'aws-cdk-lib';
import { ManuelStage } from '../lib/manuel.stage.ts';
import { bundleFunctions } from '../lib/platform/bundles.ts';
import { checkCompliance } from '../lib/platform/compliance.ts';
import { AccountStack } from '../lib/stacks/account.stack.ts';
import { readAccountFile, readStageFile } from '../lib/stage-file.ts';
import { ACCOUNT, REGION, stageConfig } from '../lib/stages.ts';

const app = new App();
// The laptop runs what was changed by hand, too: there the tests and `cdk synth` check.
if (process.env['CDK_VALIDATION'] !== 'false') checkCompliance(app);
const name = app.node.tryGetContext('stage') ?? 'dev';
try {
  if (name === ACCOUNT) {
    const { region = REGION } = readAccountFile(name);
    new AccountStack(app, 'Manuel-Account', { env: { region }, description: 'Manuel: what an account needs once per region' });
  } else {
    const config = { ...stageConfig(name), ...readStageFile(name) };
    new ManuelStage(app, `Manuel-${config.name}`, { config, code: bundleFunctions() });
  }
  app.synth();
} catch (error) {
  // A wrong value is the reader's to mend: its sentence is all that they need.
  if (!(error instanceof Error) || process.env['MANUEL_DEBUG']) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 1;
}
