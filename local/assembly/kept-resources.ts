import { isDeepStrictEqual } from 'node:util';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import type { StoredMap } from '../platform/state.ts';

/** A resource that holds data, as it was when that was last served. */
export interface KeptResource {
  readonly type: string;
  readonly path: string;
  /** The values of the properties that cannot be changed, by their paths. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** The resources whose data is in the state, so that a template that has changed since does not lose any unnoticed. */
export class KeptResources {
  readonly #resources: StoredMap<KeptResource>;
  readonly #seen = new Set<string>();

  constructor(resources: StoredMap<KeptResource>) {
    this.#resources = resources;
  }

  /** Takes note of a resource that is about to be created. Throws where AWS would replace it by an empty one. */
  admit({ stackName, logicalId, type, path, properties }: TemplateResource, { replacedOn }: ResourceType): void {
    const key = `${stackName}/${logicalId}`;
    this.#seen.add(key);
    if (!replacedOn) return;
    const fixed = Object.fromEntries(replacedOn.map((property) => [property, valueAt(properties, property)]));
    const kept = this.#resources.get(key);
    if (kept && kept.type !== type) throw new Error(`it is stored as ${kept.type}. ${remedy(path)}`);
    const changed = kept && replacedOn.find((property) => !isDeepStrictEqual(kept.fixed[property] ?? null, fixed[property]));
    if (changed !== undefined) {
      const [before, now] = [kept?.fixed[changed], fixed[changed]].map((value) => JSON.stringify(value ?? null));
      throw new Error(
        `its ${changed} is ${now}, and what is stored was made with ${before}: AWS would replace it by an empty one. ${remedy(path)}`,
      );
    }
    if (!kept || kept.path !== path) this.#resources.set(key, { type, path, fixed });
  }

  /** The resources that were not admitted this time. What they hold stays in the state. */
  gone(): readonly KeptResource[] {
    return [...this.#resources.entries()].filter(([key]) => !this.#seen.has(key)).map(([, resource]) => resource);
  }
}

function remedy(path: string): string {
  return `Undo the change of ${path}, or start with --fresh, which deletes all state.`;
}

/** What stands there, in plain JSON; null for nothing. */
function valueAt(properties: Readonly<Record<string, unknown>>, path: string): unknown {
  const value = path.split('.').reduce<unknown>((parent, name) => (parent as Record<string, unknown> | undefined)?.[name], properties);
  return JSON.parse(JSON.stringify(value ?? null));
}
