import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SHARED_ASSEMBLY } from './runtime.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/**
 * A table's properties as the development stage's template states them, by the beginning of its logical id. Read from the assembly that
 * the journeys share where there is one, since synthesizing takes a second or two per test file.
 */
export async function tableProperties(id: string): Promise<Record<string, unknown>> {
  const assembly = process.env[SHARED_ASSEMBLY];
  const resources = assembly === undefined ? await synthesizedResources() : resourcesIn(assembly);
  const tables = resources.filter(([logicalId, { Type }]) => Type === 'AWS::DynamoDB::Table' && logicalId.startsWith(id));
  const [table] = tables;
  if (table === undefined || tables.length > 1) throw new Error(`the stage has ${tables.length} tables whose name begins with ${id}`);
  return table[1].Properties;
}

function resourcesIn(assembly: string): [string, Resource][] {
  const templates = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return templates.flatMap((file) => Object.entries(JSON.parse(readFileSync(path.join(assembly, file), 'utf8')).Resources as object));
}

/** The library is loaded only here. */
async function synthesizedResources(): Promise<[string, Resource][]> {
  const { templatesOf } = await import('./templates.ts');
  return Object.entries(templatesOf().storage.toJSON()['Resources'] as Record<string, Resource>);
}
