import { fileURLToPath } from 'node:url';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaService } from '../../../local/lambda/lambda.service.ts';
import type { MessageQueues } from '../../../local/lambda/message-queues.ts';
import { LogsService } from '../../../local/logs/logs.service.ts';
import { State } from '../../../local/platform/state.ts';
import { openFrontDoor, type TestFrontDoor } from '../../support/front-door.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/worker';
export const HANDLERS = fileURLToPath(new URL('.', import.meta.url));
const NO_QUEUES: MessageQueues = {
  attributes: async () => ({}),
  receive: async () => [],
  send: async () => undefined,
  delete: async () => undefined,
};

/** Lambda and CloudWatch Logs behind a front door, and functions made of the handlers in this folder. */
export interface LambdaUnderTest {
  readonly door: TestFrontDoor;
  readonly functions: LambdaService;
  readonly logs: LogsService;
  /** What Lambda reported. */
  readonly reports: readonly string[];
  /** Creates a function, such as of `handlers.echo`, and returns its name. */
  deploy(handler: string, properties?: Record<string, unknown>, logicalId?: string): Promise<string>;
  /** The messages in a function's log group that match. */
  logOf(name: string, filterPattern: string): Promise<string[]>;
}

export async function openLambda(queues = NO_QUEUES, kept?: State): Promise<LambdaUnderTest> {
  const reports: string[] = [];
  const state = kept ?? State.inMemory();
  const region = 'eu-west-1';
  let services: { functions: LambdaService; logs: LogsService } | undefined;
  const door = await openFrontDoor(
    ({ keys, clock, frontDoor, access }) => {
      const logs = new LogsService({ clock, region, access });
      const report = (line: string) => reports.push(line);
      const measure = () => undefined;
      const functions = new LambdaService({
        clock,
        region,
        endpoint: () => frontDoor.endpoint,
        access,
        keys,
        logs,
        queues,
        measure,
        report,
        state,
      });
      services = { functions, logs };
      return [logs, functions];
    },
    { resumes: kept === undefined },
  );
  if (!services) throw new Error('the front door has built nothing');
  await door.createRole([{ Effect: 'Allow', Action: ['logs:*', 'sqs:*'], Resource: '*' }], { name: 'worker' });
  const client = new CloudWatchLogsClient(door.clientConfig);
  return {
    door,
    ...services,
    reports,
    deploy: async (handler, properties = {}, logicalId = `Fn${crypto.randomUUID().slice(0, 8)}`) => {
      const { ref } = await door.provision('AWS::Lambda::Function', logicalId, {
        Runtime: 'nodejs24.x',
        Handler: handler,
        Role: ROLE,
        Code: { LocalPath: HANDLERS },
        ...properties,
      });
      return ref;
    },
    logOf: async (name, filterPattern) => {
      const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern }));
      return events.map(({ message = '' }) => message);
    },
  };
}

/** Waits for what another process or a background task brings about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
