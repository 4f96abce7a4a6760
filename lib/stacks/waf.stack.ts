import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageConfig } from '../stage-config.ts';
import { WebAcl } from '../waf/web-acl.construct.ts';
import type { ApiStack } from './api.stack.ts';
import type { CognitoStack } from './cognito.stack.ts';

export interface WafStackProps extends StackProps {
  readonly config: StageConfig;
  readonly api: ApiStack;
  readonly cognito: CognitoStack;
}

/** What requests meet before they meet anything else of the stage. */
export class WafStack extends Stack {
  constructor(scope: Construct, id: string, { config, api, cognito, ...props }: WafStackProps) {
    super(scope, id, props);
    const webAcl = new WebAcl(this, 'WebAcl', config);
    webAcl.protect('Api', api.stageArn);
    webAcl.protect('UserPool', cognito.userPool.userPoolArn);
  }
}
