import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { statusContract } from '../../lambdas/status/status.contract.ts';
import type { Api } from '../api/api.construct.ts';
import { CapabilityFunction, type FunctionSettings } from '../platform/capability-function.ts';

export interface StatusProps extends FunctionSettings {
  readonly api: Api;
}

const PACKAGE_FILE = path.resolve(import.meta.dirname, '../../package.json');

/** What is served without a token: what this is, and that it is alive. */
export class Status extends Construct {
  constructor(scope: Construct, id: string, props: StatusProps) {
    super(scope, id);
    const fn = new CapabilityFunction(this, 'Function', { ...props, contract: statusContract, timeout: Duration.seconds(3) });
    const { version } = JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string };
    fn.provide({ VERSION: version });
    props.api.serve(statusContract, fn);
  }
}
