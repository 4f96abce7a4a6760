import { EMPTY_BUCKET } from '../../lambdas/storage/empty-bucket.contract.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import type { AssembledStack } from './cloud-assembly.ts';

/** Types that do nothing on a laptop, each with the reason. */
const INERT_TYPES: Readonly<Record<string, string>> = {
  [EMPTY_BUCKET]: 'empties a bucket when its stack is deleted, which none ever is here',
  'AWS::CDK::Metadata': 'tells AWS which constructs were used',
};

/** Which service creates which type of resource. */
export class Registry {
  readonly #types: ReadonlyMap<string, ResourceType>;

  constructor(services: readonly Service[]) {
    this.#types = new Map(services.flatMap((service) => service.resourceTypes).map((type) => [type.type, type]));
  }

  /** The type's creator; undefined when the type is inert. Throws when it is neither served nor inert. */
  find(type: string): ResourceType | undefined {
    const served = this.#types.get(type);
    if (!served && !Object.hasOwn(INERT_TYPES, type)) throw new Error(`the local runtime does not serve ${type}`);
    return served;
  }

  /** Refuses an assembly that holds a type that is neither served nor inert, with the name of each. */
  assertKnows(stacks: readonly AssembledStack[]): void {
    const unknown = new Set<string>();
    for (const { resources } of stacks) {
      for (const { Type } of Object.values(resources)) {
        if (!this.#types.has(Type) && !Object.hasOwn(INERT_TYPES, Type)) unknown.add(Type);
      }
    }
    if (unknown.size > 0)
      throw new Error(`The templates hold types that the local runtime does not serve: ${[...unknown].sort().join(', ')}.`);
  }
}
