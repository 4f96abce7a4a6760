import type { TemplateEntry } from './cloud-assembly.ts';
import { referencesIn } from './intrinsics.ts';

/** A stack's resources, each after those that it refers to or depends on. Throws with the circle when there is one. */
export function inDependencyOrder(resources: Readonly<Record<string, TemplateEntry>>): [logicalId: string, entry: TemplateEntry][] {
  const ordered: [string, TemplateEntry][] = [];
  const done = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const entry = resources[logicalId];
    if (!entry || done.has(logicalId)) return;
    if (path.includes(logicalId)) throw new Error(`resources depend on each other in a circle: ${[...path, logicalId].join(' → ')}`);
    for (const dependency of dependenciesOf(entry)) visit(dependency, [...path, logicalId]);
    done.add(logicalId);
    ordered.push([logicalId, entry]);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return ordered;
}

function dependenciesOf(entry: TemplateEntry): Set<string> {
  return new Set([...referencesIn(entry.Properties ?? {}), ...[entry.DependsOn ?? []].flat()]);
}
