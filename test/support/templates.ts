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
      // What the library's makers would be told.
      '@aws-cdk/core:enableAdditionalMetadataCollection': false,
    },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    stackTraces: false,
    treeMetadata: false,
  });
  const stage = withoutStackTraces(
    () => new ManuelStage(app, `Manuel-${config.name}`, { config, code: () => Code.fromInline('// not bundled') }),
  );
  return { app, stage };
}

/** Each acknowledgement of a rule notes where it was made, whatever the context says; nobody asks here. */
export function withoutStackTraces<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

type Templates = Record<StackName, Template> & { readonly waf?: Template };

const synthesized = new Map<string, Templates>();

/** The templates of a stage; that of the web ACL where there is one. Each stage is synthesized once. */
export function templatesOf(config: StageConfig = stageConfig('dev')): Templates {
  const key = JSON.stringify(config);
  const templates = synthesized.get(key) ?? withoutStackTraces(() => synthesizedTemplatesOf(config));
  synthesized.set(key, templates);
  return templates;
}

function synthesizedTemplatesOf(config: StageConfig): Templates {
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
