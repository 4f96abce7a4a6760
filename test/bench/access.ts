import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { verifySignature } from '../../local/front-door/signature.ts';
import { Authorizer } from '../../local/iam/authorizer.ts';
import { IamService } from '../../local/iam/iam.service.ts';
import type { AwsCall } from '../../local/platform/call.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import type { RolePrincipal } from '../../local/platform/principal.ts';
import { sign } from '../support/sign.ts';

/**
 * `npm run bench:access`: what a decision on access costs beside verifying the signature of the same call. The role is one of the
 * query function's size: ten statements, of which the one that allows the call stands last.
 */
const REGION = 'eu-west-1';
const ROUNDS = 7;
const CALLS = 20_000;
const ENDPOINT = 'http://127.0.0.1:4566';
const TABLE = `arn:aws:dynamodb:${REGION}:000000000000:table/usage`;

const clock = new AdjustableClock();
const iam = new IamService();
const access = new Authorizer({ region: REGION, clock, iam, report: () => undefined });
const keys = new AccessKeys();
const role = await createRole();
await access.review();
const key = keys.issue(role);
const call = await signedCall();

const decisions: number[] = [];
const verifications: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  decisions.push(microsecondsPer(() => access.require(role, { action: 'dynamodb:UpdateItem', resource: TABLE })));
  verifications.push(microsecondsPer(() => verifySignature(call, { keys, region: REGION, wallClockMs: Date.now() })));
}
const [decision, verification] = [median(decisions), median(verifications)];
print(`decision on access        ${decision.toFixed(2)} µs (median of ${ROUNDS} rounds of ${CALLS} calls)`);
print(`verifying the signature  ${verification.toFixed(2)} µs`);
print(`ratio                     ${(decision / verification).toFixed(3)}`);

async function createRole(): Promise<RolePrincipal> {
  const type = iam.resourceTypes.find((candidate) => candidate.type === 'AWS::IAM::Role');
  const others = ['bedrock:Retrieve', 'bedrock:InvokeModel', 's3:PutObject', 'sqs:SendMessage', 'logs:PutLogEvents'].flatMap((Action) => [
    { Effect: 'Allow', Action, Resource: `arn:aws:${Action.split(':')[0]}:::something/*` },
    { Effect: 'Deny', Action, Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ]);
  const statements = [...others.slice(0, 9), { Effect: 'Allow', Action: 'dynamodb:UpdateItem', Resource: TABLE }];
  const properties = {
    AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } } },
    Policies: [{ PolicyName: 'policy', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  };
  const created = await type?.create({ logicalId: 'Role', stackName: 'Bench', type: 'AWS::IAM::Role', properties, path: 'Bench/Role' });
  return { kind: 'role', arn: String(created?.attributes?.['Arn']), sessionName: 'bench' };
}

async function signedCall(): Promise<AwsCall> {
  const body = JSON.stringify({ TableName: 'usage', Key: { user_id: { S: 'somebody' } }, UpdateExpression: 'SET a = :a' });
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.UpdateItem' };
  const { accessKeyId, secretAccessKey, sessionToken = '' } = key;
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const signed = await sign(ENDPOINT, { method: 'POST', target: '/', headers, body }, { credentials, service: 'dynamodb' });
  const lowerCase = Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: 'POST',
    path: '/',
    queryString: '',
    headers: Object.fromEntries(lowerCase),
    body: Buffer.from(body),
    sourceIp: '127.0.0.1',
    principal: role,
  };
}

function microsecondsPer(work: () => unknown): number {
  const startedAt = performance.now();
  for (let done = 0; done < CALLS; done += 1) work();
  return ((performance.now() - startedAt) / CALLS) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
