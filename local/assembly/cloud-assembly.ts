import path from 'node:path';
import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';

/** A resource as a template states it, its intrinsics unresolved. */
export interface TemplateEntry {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources?: Readonly<Record<string, TemplateEntry>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Transform?: unknown;
}

/** One stack of a synthesized app. */
export interface AssembledStack {
  readonly name: string;
  /** By the tag that every stack of a stage has. */
  readonly stage?: string | undefined;
  readonly region: string;
  readonly resources: Readonly<Record<string, TemplateEntry>>;
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  /** Parameters by their defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The folder or file of an asset by the key under which CDK would upload it. */
  readonly assets: ReadonlyMap<string, string>;
}

/** Sections of a template that would change what is created, and that are not understood here. */
const REFUSED_SECTIONS = ['Conditions', 'Mappings', 'Transform'] as const;

/** Reads every stack of a cloud assembly, each after those that it depends on. Throws what it does not understand. */
export function readCloudAssembly(directory: string): AssembledStack[] {
  return new CloudAssembly(directory).stacksRecursively.map((artifact) => {
    const template = artifact.template as Template;
    for (const section of REFUSED_SECTIONS) {
      if (template[section]) throw new Error(`${artifact.stackName} has ${section}, which the local runtime does not understand.`);
    }
    const manifests = artifact.dependencies.filter((dependency) => AssetManifestArtifact.isAssetManifestArtifact(dependency));
    return {
      name: artifact.stackName,
      stage: artifact.tags['stage'],
      region: artifact.environment.region,
      resources: template.Resources ?? {},
      outputs: template.Outputs ?? {},
      parameters: defaultsOf(template.Parameters ?? {}),
      assets: new Map(manifests.flatMap((manifest) => assetsOf(manifest as AssetManifestArtifact))),
    };
  });
}

/** What is kept in Parameter Store is left out: its default is only the name under which the value would be found. */
function defaultsOf(parameters: NonNullable<Template['Parameters']>): Record<string, unknown> {
  const literal = Object.entries(parameters).filter(([, { Type = '' }]) => !Type.startsWith('AWS::SSM::'));
  return Object.fromEntries(literal.map(([name, { Default }]) => [name, Default]));
}

function assetsOf(manifest: AssetManifestArtifact): [key: string, localPath: string][] {
  const directory = path.dirname(manifest.file);
  return Object.values(manifest.contents.files ?? {}).flatMap(({ source, destinations }) => {
    const sourcePath = source.path;
    if (sourcePath === undefined) return [];
    return Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, path.resolve(directory, sourcePath)]);
  });
}
