import { AccessKeys } from '../../local/front-door/access-keys.ts';
import { FrontDoor } from '../../local/front-door/front-door.ts';
import { AdjustableClock } from '../../local/platform/clock.ts';
import { OPERATOR } from '../../local/platform/principal.ts';
import type { ResourceIdentity, Service } from '../../local/platform/service.ts';

/** A front door with an operator's key, so that a test speaks to an emulated service through the real SDK. */
export interface TestFrontDoor {
  readonly frontDoor: FrontDoor;
  readonly clock: AdjustableClock;
  readonly keys: AccessKeys;
  /** What every SDK client takes. */
  readonly clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** Errors inside the emulator; a healthy test leaves none. */
  readonly internalErrors: unknown[];
  /** Creates a resource as the template would. */
  provision(type: string, logicalId: string, properties: Record<string, unknown>): Promise<ResourceIdentity>;
  close(): Promise<void>;
}

/** Boots the services that `build` returns behind a listening front door. */
export async function openFrontDoor(
  build: (parts: { keys: AccessKeys; clock: AdjustableClock; frontDoor: FrontDoor }) => Service[],
): Promise<TestFrontDoor> {
  const keys = new AccessKeys();
  const clock = new AdjustableClock();
  const internalErrors: unknown[] = [];
  const frontDoor = new FrontDoor({ keys, clock, region: 'eu-west-1', onInternalError: (error) => internalErrors.push(error) });
  const endpoint = await frontDoor.listen();
  const services = build({ keys, clock, frontDoor });
  frontDoor.register(...services);
  const { accessKeyId, secretAccessKey } = keys.issue(OPERATOR);
  return {
    frontDoor,
    clock,
    keys,
    internalErrors,
    clientConfig: { endpoint, region: 'eu-west-1', credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 },
    provision: async (type, logicalId, properties) => {
      const resourceType = services.flatMap((service) => service.resourceTypes).find((candidate) => candidate.type === type);
      if (!resourceType) throw new Error(`no service under test serves ${type}`);
      return resourceType.create({ logicalId, stackName: 'Test', type, properties, path: `Test/${logicalId}` });
    },
    close: async () => {
      for (const service of services) await service.stop?.();
      await frontDoor.close();
    },
  };
}
