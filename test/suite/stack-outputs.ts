import { UsageError } from '../../local/cli/command-line.ts';

/** What of a stage's stacks tells how to reach it, by what `lib/stacks` calls it. */
const NAMES = { url: 'ApiUrl', userPoolId: 'UserPoolId', clientId: 'UserPoolClientId' } as const;

/** Reads what `cdk deploy --outputs-file` has written of one stage. Throws UsageError. */
export function readStackOutputs(text: string, file: string): Record<keyof typeof NAMES, string> {
  const stacks = Object.values(parse(text, file));
  const outputNamed = (name: string): string => {
    const values = stacks.map((outputs) => outputs?.[name]).filter((value) => typeof value === 'string');
    const [value] = values;
    if (value === undefined)
      throw new UsageError(`${file} has no output ${name}: is it what "cdk deploy --all --outputs-file" has written?`);
    if (values.length > 1) throw new UsageError(`${file} has ${values.length} outputs ${name}: it must be that of one stage.`);
    return value;
  };
  return { url: outputNamed(NAMES.url), userPoolId: outputNamed(NAMES.userPoolId), clientId: outputNamed(NAMES.clientId) };
}

function parse(text: string, file: string): Record<string, Record<string, unknown> | null> {
  try {
    const document = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return document;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file} is no JSON object.`);
}
