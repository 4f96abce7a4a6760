import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { State } from '../../local/platform/state.ts';
import { createServices } from '../../local/services.ts';
import { openRegionalDoor, REGION, type RegionalDoor } from './front-door-support.ts';

/** A front door with every emulated service behind it, connected as the runtime connects them. */
export interface FullDoor extends RegionalDoor {
  close(): Promise<void>;
}

export async function openFullDoor(): Promise<FullDoor> {
  const directory = await mkdtemp(path.join(tmpdir(), 'manuel-front-door-'));
  const door = await openRegionalDoor();
  const { frontDoor, access, keys, clock } = door;
  const state = State.inMemory();
  const services = createServices({ frontDoor, access, keys, clock, region: REGION, state, directory, report: () => undefined });
  frontDoor.register(...services.all);
  return {
    ...door,
    close: async () => {
      for (const service of services.all) await service.stop?.();
      await frontDoor.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
