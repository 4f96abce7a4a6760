import type { TemplateEntry } from './cloud-assembly.ts';
import { referencesIn } from './intrinsics.ts';

/**
 * A stack's resources, each after those that it refers to or depends on. Throws with the circle when there is one, and for
 * a `DependsOn` of what is not there.
 */
export function inDependencyOrder(resources: Readonly<Record<string, TemplateEntry>>): [logicalId: string, entry: TemplateEntry][] {
  const entries = new Map(Object.entries(resources));
  const ordered: [string, TemplateEntry][] = [];
  const done = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const entry = entries.get(logicalId);
    // Parameters are referred to as well.
    if (!entry || done.has(logicalId)) return;
    if (path.includes(logicalId)) {
      const circle = [...path.slice(path.indexOf(logicalId)), logicalId];
      throw new Error(`resources depend on each other in a circle: ${circle.join(' → ')}`);
    }
    for (const dependency of statedDependenciesOf(entry)) {
      if (!entries.has(dependency)) throw new Error(`${logicalId} depends on ${dependency}, which is not in its stack`);
    }
    for (const dependency of dependenciesOf(entry)) visit(dependency, [...path, logicalId]);
    done.add(logicalId);
    ordered.push([logicalId, entry]);
  };
  for (const logicalId of entries.keys()) visit(logicalId, []);
  return ordered;
}

function dependenciesOf(entry: TemplateEntry): Set<string> {
  return new Set([...referencesIn(entry.Properties ?? {}), ...statedDependenciesOf(entry)]);
}

function statedDependenciesOf({ DependsOn = [] }: TemplateEntry): readonly string[] {
  return [DependsOn].flat();
}
