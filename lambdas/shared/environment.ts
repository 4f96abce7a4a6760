import * as z from 'zod/mini';
import type { EnvironmentShape, FunctionContract } from './function.contract.ts';

/** A contract's environment, parsed. */
export type Environment<Contract extends FunctionContract> = {
  readonly [Name in keyof Contract['environment']]: z.output<Contract['environment'][Name]>;
};

/**
 * Parses the environment against the function's contract, once, before anything else. Throws an error that names every
 * variable that is missing or malformed.
 */
export function parseEnvironment<Shape extends EnvironmentShape>(
  contract: FunctionContract<Shape>,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment<FunctionContract<Shape>> {
  const problems: string[] = [];
  const parsed = Object.entries(contract.environment).map(([name, schema]) => {
    const value = variables[name];
    if (value === undefined) {
      problems.push(`${name} is not set`);
      return [name, undefined];
    }
    const result = z.safeParse(schema, value);
    if (!result.success) problems.push(`${name} is "${value}": ${result.error.issues[0]?.message ?? 'invalid'}`);
    return [name, result.data];
  });
  if (problems.length > 0) throw new Error(`The environment of ${contract.name} is not what its contract says: ${problems.join('; ')}.`);
  return Object.fromEntries(parsed);
}
