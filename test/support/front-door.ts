import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import { Authorizer } from '../../local/iam/authorizer.ts';
import { IamService } from '../../local/iam/iam.service.ts';
import type { AccessControl } from '../../local/platform/access-control.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import { OPERATOR, type RolePrincipal } from '../../local/platform/principal.ts';
import type { ResourceIdentity, Service } from '../../local/platform/service.ts';

const REGION = 'eu-west-1';

/** A front door with an operator's key, so that a test speaks to an emulated service through the real SDK. Access is decided as in the runtime. */
export interface TestFrontDoor {
  readonly frontDoor: FrontDoor;
  readonly clock: AdjustableClock;
  readonly keys: AccessKeys;
  readonly access: Authorizer;
  /** Each denial with the statement that was missing. */
  readonly denials: readonly string[];
  /** What every SDK client takes. */
  readonly clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
    maxAttempts: number;
  };
  /** Errors inside the emulator; a healthy test leaves none. */
  readonly internalErrors: unknown[];
  /** Creates a resource as the template would. */
  /** Creates a role with these statements, which a service may assume. */
  createRole(statements: readonly object[], options?: { readonly name?: string; readonly assumedBy?: string }): Promise<RolePrincipal>;
  /** What an SDK client takes to act as that role. */
  configOf(role: RolePrincipal): TestFrontDoor['clientConfig'];
  /** Has the services take up what an earlier run has left under way. */
  resume(): Promise<void>;
  provision(type: string, logicalId: string, properties: Record<string, unknown>): Promise<ResourceIdentity>;
  close(): Promise<void>;
}

/**
 * Boots the services that `build` returns behind a listening front door.
 * @param resumes whether services take up what is under way after each resource that is created; else `resume` says when
 */
export async function openFrontDoor(
  build: (parts: { keys: AccessKeys; clock: AdjustableClock; frontDoor: FrontDoor; access: AccessControl }) => Service[],
  { resumes = true } = {},
): Promise<TestFrontDoor> {
  const keys = new AccessKeys();
  const clock = new AdjustableClock();
  const internalErrors: unknown[] = [];
  const denials: string[] = [];
  const iam = new IamService();
  const access = new Authorizer({ region: REGION, clock, iam, report: (line) => denials.push(line) });
  const frontDoor = new FrontDoor({ keys, access, clock, region: REGION, onInternalError: (error) => internalErrors.push(error) });
  const endpoint = await frontDoor.listen();
  const services: Service[] = [iam, ...build({ keys, clock, frontDoor, access })];
  frontDoor.register(...services);
  const { accessKeyId, secretAccessKey } = keys.issue(OPERATOR);
  const clientConfig = { endpoint, region: REGION, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 };
  const provision: TestFrontDoor['provision'] = async (type, logicalId, properties) => {
    const resourceType = services.flatMap((service) => service.resourceTypes).find((candidate) => candidate.type === type);
    if (!resourceType) throw new Error(`no service under test serves ${type}`);
    const identity = await resourceType.create({ logicalId, stackName: 'Test', type, properties, path: `Test/${logicalId}` });
    if (resumes) await resume();
    return identity;
  };
  const resume = async () => {
    for (const service of services) await service.resume?.();
  };
  let roles = 0;
  return {
    frontDoor,
    clock,
    keys,
    access,
    denials,
    internalErrors,
    clientConfig,
    provision,
    resume,
    createRole: async (statements, { name = `role-${++roles}`, assumedBy = 'lambda.amazonaws.com' } = {}) => {
      const { attributes } = await provision('AWS::IAM::Role', name, {
        RoleName: name,
        AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: assumedBy } }] },
        Policies:
          statements.length === 0 ? [] : [{ PolicyName: 'policy', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
      });
      return { kind: 'role', arn: String(attributes?.['Arn']), sessionName: `${name}-session` };
    },
    configOf: (role) => {
      const { accessKeyId, secretAccessKey, sessionToken = '' } = keys.issue(role);
      return { ...clientConfig, credentials: { accessKeyId, secretAccessKey, sessionToken } };
    },
    close: async () => {
      for (const service of services) await service.stop?.();
      await frontDoor.close();
    },
  };
}
