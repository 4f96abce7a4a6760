import { rmSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';

/** A resource as the template of its stack has it. */
export interface StackResource {
  readonly stack: string;
  readonly logicalId: string;
  /** Its stack and its logical id without the hash, such as `Manuel-dev-api/QueryFunction`. */
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
  readonly dependsOn: readonly string[];
}

interface Entry {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
}

/** Every resource of every stack of an app, whichever stacks there are. */
export function resourcesOf(app: App): StackResource[] {
  const { stacks, directory } = app.synth();
  const resources = stacks.flatMap(({ stackName, template }) =>
    Object.entries((template.Resources ?? {}) as Readonly<Record<string, Entry>>).map(([logicalId, entry]) => ({
      stack: stackName,
      logicalId,
      name: `${stackName}/${logicalId.replace(/[0-9A-F]{8}$/, '')}`,
      type: entry.Type,
      properties: entry.Properties ?? {},
      deletionPolicy: entry.DeletionPolicy,
      dependsOn: [entry.DependsOn ?? []].flat(),
    })),
  );
  rmSync(directory, { recursive: true, force: true });
  return resources;
}
