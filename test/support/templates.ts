import { readFileSync, rmSync } from 'node:fs';
import type { Stack } from 'aws-cdk-lib';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { ManuelStage } from '../../lib/manuel.stage.ts';
import type { StageConfig } from '../../lib/stage-config.ts';
import { stageConfig } from '../../lib/stages.ts';

const CDK_JSON = new URL('../../cdk.json', import.meta.url);

export type StackName = 'cognito' | 'storage' | 'knowledge-base' | 'dead-letter' | 'api' | 'dashboard';

/** A stage's app, without bundling and without the library's own validation. */
export function appOf(config: StageConfig = stageConfig('dev')): { readonly app: App; readonly stage: ManuelStage } {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> };
  const app = new App({
    context: {
      ...context,
      // What a stage is without is for whoever deploys it.
      '@aws-cdk/core:annotationsInValidationReport': false,
      // Where each construct was made, a fifth of the work.
      'aws:cdk:disable-creation-stack-traces': true,
    },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    stackTraces: false,
    treeMetadata: false,
  });
  return { app, stage: new ManuelStage(app, `Manuel-${config.name}`, { config, code: () => Code.fromInline('// not bundled') }) };
}

/** The templates of a stage; that of the web ACL where there is one. */
export function templatesOf(config?: StageConfig): Record<StackName, Template> & { readonly waf?: Template } {
  const { app, stage } = appOf(config);
  const names: StackName[] = ['cognito', 'storage', 'knowledge-base', 'dead-letter', 'api', 'dashboard'];
  const templates = Object.fromEntries(names.map((name) => [name, Template.fromStack(stage.node.findChild(name) as Stack)])) as Record<
    StackName,
    Template
  >;
  const waf = stage.node.tryFindChild('waf');
  const optional = waf && { waf: Template.fromStack(waf as Stack) };
  rmSync(app.outdir, { recursive: true, force: true });
  return { ...templates, ...optional };
}
