import { existsSync } from 'node:fs';
import path from 'node:path';
import { type AssembledStack, readCloudAssembly } from './cloud-assembly.ts';

/**
 * Reads an assembly that somebody else has made of this stage, such as CI, and leaves it as it is. Throws a sentence when the folder is
 * none, is of another stage, or was made without what the runtime needs.
 */
export function readGivenAssembly(stage: string, directory: string): AssembledStack[] {
  if (!existsSync(path.join(directory, 'manifest.json'))) {
    throw new Error(`${directory} is no assembly: it has no manifest.json. Make one: npm run synth -- --context stage=${stage}`);
  }
  const stacks = readCloudAssembly(directory);
  if (stacks.length === 0) throw new Error(`${directory} is an assembly without stacks.`);
  for (const stack of stacks) {
    if (stack.stage === stage) continue;
    const whose = stack.stage === undefined ? 'no stage' : `the stage "${stack.stage}"`;
    throw new Error(`${directory} is not of the stage "${stage}": ${stack.name} is of ${whose}.`);
  }
  for (const stack of stacks) assertWhole(directory, stack);
  return stacks;
}

/** What other options of the CDK CLI leave out. */
function assertWhole(directory: string, { name, resources, assets }: AssembledStack): void {
  for (const [logicalId, { Type, Metadata }] of Object.entries(resources)) {
    if (Type !== 'AWS::Lambda::Function' || Metadata?.['aws:cdk:path'] !== undefined) continue;
    throw new Error(`${directory} was made without paths of constructs: ${name}/${logicalId} has none. Make it with --path-metadata.`);
  }
  for (const asset of assets.values()) {
    if (!existsSync(asset)) throw new Error(`${directory} is not whole: ${name} needs ${asset}, which is not there. Make it anew.`);
  }
}
