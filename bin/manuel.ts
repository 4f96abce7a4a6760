import { App } from 'aws-cdk-lib';
import { ManuelStage } from '../lib/manuel.stage.ts';
import { bundleFunctions } from '../lib/platform/bundles.ts';
import { stageConfig } from '../lib/stages.ts';

const app = new App();
const config = stageConfig(app.node.tryGetContext('stage') ?? 'dev');
new ManuelStage(app, `Manuel-${config.name}`, { config, code: bundleFunctions() });
app.synth();
