import { fileURLToPath } from 'node:url';
import { AccessKeys } from '../../../local/front-door/access-keys.ts';
import { LambdaService } from '../../../local/lambda/lambda.service.ts';
import { AdjustableClock } from '../../../local/platform/clock.ts';

/**
 * A process that runs functions, for a test to kill: prints the folder of their code and the ids of three environments' processes,
 * one frozen, one waiting and one in an endless loop.
 */
const pids: number[] = [];
const functions = new LambdaService({
  clock: new AdjustableClock(),
  region: 'eu-west-1',
  endpoint: () => 'http://127.0.0.1:1',
  keys: new AccessKeys(),
  access: { require: () => undefined },
  logs: { openStream: () => ({ write: (_timestamp, message) => notePid(message) }) },
  queues: { attributes: async () => ({}), receive: async () => [], send: async () => undefined, delete: async () => undefined },
  measure: () => undefined,
  report: () => undefined,
});

function notePid(message: string): void {
  const pid = /attempt 1 of (\d+)/.exec(message)?.[1];
  if (pid) pids.push(Number(pid));
  if (pids.length === 3) process.stdout.write(`${JSON.stringify({ pids, folder: folder() })}\n`);
}

function folder(): string {
  return functions.functions()[0]?.taskRoot ?? '';
}

for (const how of ['return', 'hang', 'spin']) {
  const { ref } = await createFunction(how);
  const running = functions.invoke(ref, JSON.stringify({ how }));
  if (how === 'return') await running;
}

function createFunction(logicalId: string) {
  const type = functions.resourceTypes.find((candidate) => candidate.type === 'AWS::Lambda::Function');
  if (!type) throw new Error('functions are not served');
  const properties = {
    Runtime: 'nodejs24.x',
    Handler: 'handlers.misbehave',
    Role: 'arn:aws:iam::000000000000:role/worker',
    Code: { LocalPath: fileURLToPath(new URL('.', import.meta.url)) },
    Timeout: 60,
  };
  return type.create({ logicalId, stackName: 'Host', type: type.type, properties, path: logicalId });
}
