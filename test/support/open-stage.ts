import { rmSync } from 'node:fs';
import type { Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { ManuelStage } from '../../lib/manuel.stage.ts';
import { CapabilityFunction } from '../../lib/platform/capability-function.ts';
import { appOf, withoutStackTraces } from './templates.ts';

/** A stage that can still be changed. */
export interface OpenStage {
  readonly stage: ManuelStage;
  readonly api: Stack;
  readonly knowledgeBase: Stack;
  /** The role of a function, by its contract's name. */
  readonly role: (contractName: string) => Role;
}

export type Change = (open: OpenStage) => unknown;

/** What synth says of a stage that was changed: `passed`, or its error. */
export function synthOf(change: Change): string {
  const { app, stage } = appOf();
  const functions = stage.node.findAll().filter((construct) => construct instanceof CapabilityFunction);
  change({
    stage,
    api: stage.node.findChild('api') as Stack,
    knowledgeBase: stage.node.findChild('knowledge-base') as Stack,
    role: (contractName) => functions.find(({ contract }) => contract.name === contractName)?.role as Role,
  });
  try {
    withoutStackTraces(() => app.synth());
    return 'passed';
  } catch (error) {
    return String(error);
  } finally {
    rmSync(app.outdir, { recursive: true, force: true });
  }
}
