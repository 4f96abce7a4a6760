import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceIdentity } from '../platform/service.ts';
import type { AssembledStack, TemplateEntry } from './cloud-assembly.ts';
import { unhonouredPaths } from './honoured-properties.ts';
import { type IntrinsicScope, NO_VALUE, resolveIntrinsics } from './intrinsics.ts';
import type { KeptResources } from './kept-resources.ts';
import type { Registry } from './registry.ts';
import { inDependencyOrder } from './resource-order.ts';

/** What came of an assembly. */
export interface Provisioned {
  readonly resources: readonly ProvisionedResource[];
  /** Outputs by stack and name. */
  readonly outputs: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** Properties that behave differently on AWS, by type: `AWS::DynamoDB::Table` → `PointInTimeRecoverySpecification…`. */
  readonly notHonoured: ReadonlyMap<string, ReadonlySet<string>>;
}

interface ProvisionedResource extends ResourceIdentity {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  /** The construct's path. */
  readonly path: string;
}

/**
 * Creates every resource of every stack in its service, in the order of their dependencies. Throws where AWS would replace one that is
 * `kept` by an empty one.
 */
export async function provision(stacks: readonly AssembledStack[], registry: Registry, kept?: KeptResources): Promise<Provisioned> {
  registry.assertKnows(stacks);
  const resources: ProvisionedResource[] = [];
  const outputs = new Map<string, Map<string, unknown>>();
  const notHonoured = new Map<string, Set<string>>();

  for (const stack of stacks) {
    const created = new Map<string, ResourceIdentity>();
    const scope = scopeOf(stack, created, outputs);
    for (const [logicalId, entry] of inDependencyOrder(stack.resources)) {
      const resourceType = registry.find(entry.Type);
      if (!resourceType) continue;
      const path = String(entry.Metadata?.['aws:cdk:path'] ?? `${stack.name}/${logicalId}`);
      try {
        if (entry.Condition) throw new Error('a condition on a resource is not understood');
        const properties = propertiesOf(entry, scope, stack);
        for (const unhonoured of unhonouredPaths(resourceType, properties)) addTo(notHonoured, entry.Type, unhonoured);
        const resource = { logicalId, stackName: stack.name, type: entry.Type, properties, path };
        kept?.admit(resource, resourceType);
        const identity = await resourceType.create(resource);
        created.set(logicalId, identity);
        resources.push({ ...identity, stackName: stack.name, logicalId, type: entry.Type, path });
      } catch (error) {
        throw explained(`${path} (${entry.Type})`, error);
      }
    }
    outputs.set(stack.name, outputsOf(stack, scope));
  }
  return { resources, outputs, notHonoured };
}

/** Resolved properties; where code is an asset, its folder takes the place of the bucket that CDK would upload it to. */
function propertiesOf(entry: TemplateEntry, scope: IntrinsicScope, { assets }: AssembledStack): Record<string, unknown> {
  const properties = resolveIntrinsics(entry.Properties ?? {}, scope) as Record<string, unknown>;
  const code = properties['Code'] as { S3Key?: string } | undefined;
  const localPath = code?.S3Key === undefined ? undefined : assets.get(code.S3Key);
  return localPath === undefined ? properties : { ...properties, Code: { LocalPath: localPath } };
}

function outputsOf({ name: stackName, outputs }: AssembledStack, scope: IntrinsicScope): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, { Value }] of Object.entries(outputs)) {
    try {
      values.set(name, resolveIntrinsics(Value, scope));
    } catch (error) {
      throw explained(`the output ${name} of ${stackName}`, error);
    }
  }
  return values;
}

function explained(where: string, error: unknown): Error {
  return new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error });
}

function scopeOf(
  stack: AssembledStack,
  created: ReadonlyMap<string, ResourceIdentity>,
  outputs: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
): IntrinsicScope {
  const named = new Map<string, unknown>([
    ...Object.entries(stack.parameters),
    ['AWS::AccountId', LOCAL_ACCOUNT],
    ['AWS::Region', stack.region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', stack.name],
    ['AWS::StackId', `arn:aws:cloudformation:${stack.region}:${LOCAL_ACCOUNT}:stack/${stack.name}/local`],
    ['AWS::NoValue', NO_VALUE],
  ]);
  return {
    ref(name) {
      const value = created.get(name)?.ref ?? named.get(name);
      if (value === undefined) throw new Error(`Ref ${name} leads nowhere`);
      return value;
    },
    attribute(logicalId, name) {
      const value = created.get(logicalId)?.attributes?.[name];
      if (value === undefined) throw new Error(`Fn::GetAtt ${logicalId}.${name} is not an attribute that the local runtime gives`);
      return value;
    },
    stackOutput(stackName, outputName) {
      const value = outputs.get(stackName)?.get(outputName);
      if (value === undefined) throw new Error(`Fn::GetStackOutput finds no ${outputName} in ${stackName}`);
      return value;
    },
  };
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}
