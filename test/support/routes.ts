import { globSync } from 'node:fs';
import path from 'node:path';
import type { FunctionContract, RouteContract } from '../../lambdas/shared/function.contract.ts';
import { PROJECT } from './runtime.ts';

/** Every route of every contract. */
export const ROUTES: readonly RouteContract[] = (await contracts()).flatMap(({ routes = {} }) => Object.values(routes));

async function contracts(): Promise<FunctionContract[]> {
  const files = globSync('lambdas/*/*.contract.ts', { cwd: PROJECT });
  const modules: object[] = await Promise.all(files.map((file) => import(path.join(PROJECT, file))));
  return modules.flatMap((exported) => Object.values(exported)).filter(isFunctionContract);
}

function isFunctionContract(value: unknown): value is FunctionContract {
  return typeof value === 'object' && value !== null && 'entry' in value && 'environment' in value;
}
