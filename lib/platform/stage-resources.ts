import type { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Api } from '../api/api.construct.ts';
import type { ApiStack } from '../stacks/api.stack.ts';
import type { CognitoStack } from '../stacks/cognito.stack.ts';
import type { DeadLetterStack } from '../stacks/dead-letter.stack.ts';
import type { StorageStack } from '../stacks/storage.stack.ts';
import type { StageConfig } from '../stage-config.ts';
import { webAclMetricName } from '../waf/web-acl.construct.ts';
import { CapabilityFunction } from './capability-function.ts';

/** The stacks whose resources are watched. */
export interface WatchedStacks {
  readonly api: ApiStack;
  readonly cognito: CognitoStack;
  readonly storage: StorageStack;
  readonly deadLetter: DeadLetterStack;
}

/** What a stage has that an operator watches. Each is found in the stacks, so that a new one is not forgotten. */
export interface StageResources {
  readonly api: Api;
  /** Those that answer requests, and those that work on what was put into a queue or is due. */
  readonly functions: { readonly api: readonly CapabilityFunction[]; readonly workers: readonly CapabilityFunction[] };
  readonly workQueues: readonly Queue[];
  readonly deadLetterQueues: readonly Queue[];
  readonly tables: readonly Table[];
  readonly buckets: readonly Bucket[];
  readonly userPool: UserPool;
  readonly userPoolClient: UserPoolClient;
  /** As CloudWatch knows the web ACL, where the stage has one. */
  readonly webAcl?: string;
}

export function resourcesOf({ api, cognito, storage, deadLetter }: WatchedStacks, config: StageConfig): StageResources {
  const functions = allOf(api, CapabilityFunction);
  return {
    api: api.api,
    functions: {
      api: functions.filter(({ contract }) => contract.routes),
      workers: functions.filter(({ contract }) => !contract.routes),
    },
    workQueues: allOf(api, Queue),
    deadLetterQueues: allOf(deadLetter, Queue),
    tables: allOf(storage, Table),
    buckets: allOf(storage, Bucket),
    userPool: cognito.userPool,
    userPoolClient: cognito.userPoolClient,
    ...(config.waf && { webAcl: webAclMetricName(config) }),
  };
}

/** What a chart calls a resource: where it is in its stack, such as `Manuals/ImportQueue`. */
export function labelOf(resource: Construct): string {
  return resource.node.path.split('/').slice(2).join('/');
}

function allOf<Kind extends Construct>(stack: Construct, kind: abstract new (...parameters: never[]) => Kind): Kind[] {
  return stack.node.findAll().filter((construct): construct is Kind => construct instanceof kind);
}
