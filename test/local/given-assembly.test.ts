import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readGivenAssembly } from '../../local/assembly/given-assembly.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'manuel-given-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

interface Made {
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: object;
  readonly withCode?: boolean;
  readonly stacks?: readonly string[];
}

/** Writes an assembly of stacks with a function each, as the CDK CLI does. */
function make({
  tags = { stage: 'dev' },
  metadata = { 'aws:cdk:path': 'Manuel-dev/api/Fn' },
  withCode = true,
  stacks = ['api'],
}: Made = {}): void {
  const write = (name: string, content: object) => writeFileSync(path.join(folder, name), JSON.stringify(content));
  const artifacts = stacks.flatMap((name) => [
    [`${name}.assets`, { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } }],
    [
      name,
      {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/eu-west-1',
        properties: { templateFile: `${name}.template.json`, stackName: `Manuel-${name}`, tags },
        dependencies: [`${name}.assets`],
      },
    ],
  ]);
  write('manifest.json', { version: '36.0.0', artifacts: Object.fromEntries(artifacts) });
  for (const name of stacks) {
    write(`${name}.template.json`, { Resources: { Fn: { Type: 'AWS::Lambda::Function', Metadata: metadata } } });
    const destinations = { here: { bucketName: 'assets', objectKey: 'code.zip' } };
    const files = { code: { source: { path: 'asset.code', packaging: 'zip' }, destinations } };
    write(`${name}.assets.json`, { version: '36.0.0', files });
  }
  if (withCode) mkdirSync(path.join(folder, 'asset.code'));
}

test('an assembly of the stage is read', () => {
  make({ stacks: ['api', 'storage'] });
  const stacks = readGivenAssembly('dev', folder);
  expect(stacks).toMatchObject([
    { name: 'Manuel-api', stage: 'dev', region: 'eu-west-1' },
    { name: 'Manuel-storage', stage: 'dev' },
  ]);
  expect(stacks[0]?.assets.get('code.zip')).toBe(path.join(folder, 'asset.code'));
});

test.each<[what: string, made: Made | undefined, complaint: string]>([
  ['a folder that is none', undefined, ' is no assembly: it has no manifest.json. Make one: npm run synth -- --context stage=dev'],
  ['one without stacks', { stacks: [] }, ' is an assembly without stacks.'],
  ['one of another stage', { tags: { stage: 'prod' } }, ' is not of the stage "dev": Manuel-api is of the stage "prod".'],
  ['one of another app', { tags: {} }, ' is not of the stage "dev": Manuel-api is of no stage.'],
  ['one without paths', { metadata: {} }, ' was made without paths of constructs: Manuel-api/Fn has none. Make it with --path-metadata.'],
  ['one without its code', { withCode: false }, '/asset.code, which is not there. Make it anew.'],
])('%s is refused with a sentence', (_what, made, complaint) => {
  if (made) make(made);
  expect(() => readGivenAssembly('dev', folder)).toThrow(complaint);
});
