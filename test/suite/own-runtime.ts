import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RuntimeControl } from '../../local/control/runtime-control.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { newUser, type SignedInUser } from '../support/users.ts';
import { target } from './check.ts';

/** The runtime that was started for the checks alone: only a check that needs it may get here. */
export function ownRuntime(): { readonly control: RuntimeControl; readonly newUser: () => Promise<SignedInUser> } {
  if (target.ownRuntime === undefined) throw new Error('no runtime was started for this');
  const file: RuntimeFile = JSON.parse(readFileSync(path.join(target.ownRuntime, 'runtime.json'), 'utf8'));
  return { control: new RuntimeControl(file), newUser: () => newUser(file) };
}
