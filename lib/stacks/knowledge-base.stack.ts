import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ManualKnowledgeBase } from '../knowledge-base/knowledge-base.construct.ts';
import type { StageConfig } from '../stage-config.ts';

export interface KnowledgeBaseStackProps extends StackProps {
  readonly config: StageConfig;
}

/** The vectors of every manual, and the knowledge base over them. */
export class KnowledgeBaseStack extends Stack {
  readonly knowledgeBase: ManualKnowledgeBase;

  constructor(scope: Construct, id: string, { config, ...props }: KnowledgeBaseStackProps) {
    super(scope, id, props);
    this.knowledgeBase = new ManualKnowledgeBase(this, 'Manuals', config);
  }
}
