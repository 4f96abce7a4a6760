import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnCondition, CfnMapping, CfnOutput, CfnParameter, CfnResource, Fn, Stack, Stage, Token } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type AssembledStack, readCloudAssembly, type TemplateEntry } from '../../local/assembly/cloud-assembly.ts';
import { type KeptResource, KeptResources } from '../../local/assembly/kept-resources.ts';
import { provision } from '../../local/assembly/provision.ts';
import { Registry } from '../../local/assembly/registry.ts';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { AwsError, notEmulated } from '../../local/platform/call.ts';
import type { ResourceType, Service, TemplateResource } from '../../local/platform/service.ts';
import { State } from '../../local/platform/state.ts';

const ENV = { account: '000000000000', region: 'eu-west-1' };
const CONTEXT = { '@aws-cdk/core:defaultCrossStackReferences': 'weak', 'aws:cdk:enable-path-metadata': true };

let folder: string;
let created: TemplateResource[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'manuel-assembly-'));
  created = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function newApp(): App {
  const outdir = path.join(folder, 'cdk.out');
  return new App({ outdir, context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
}

/** An app of one stack, as the runtime reads it. */
function assemblyOf(fill: (stack: Stack) => void): AssembledStack[] {
  const app = newApp();
  fill(new Stack(app, 'One', { env: ENV }));
  return readCloudAssembly(app.synth().directory);
}

const thing = (stack: Stack, id: string, properties: Record<string, unknown> = {}, type = 'AWS::Test::Thing') =>
  new CfnResource(stack, id, { type, properties });

/** Records what is created: a resource's reference is its logical id in lower case, its attribute `Arn` that with a prefix. */
const RECORDER: ResourceType = {
  type: 'AWS::Test::Thing',
  honours: ['Name', 'Code'],
  inert: { Tags: 'are read by people' },
  create: async (resource) => {
    if (resource.properties['Name'] === 'broken') throw new AwsError('ValidationException', 'The name is broken.');
    created.push(resource);
    return { ref: resource.logicalId.toLowerCase(), attributes: { Arn: `arn:${resource.logicalId}`, Empty: '' } };
  },
};

const refuse = () => {
  throw notEmulated('anything');
};
const SERVICE: Service = {
  signingNames: [],
  resourceTypes: [RECORDER, { ...RECORDER, type: 'AWS::Lambda::Function' }, { ...RECORDER, type: 'AWS::IAM::Role' }],
  operationOf: refuse,
  handle: refuse,
  renderError: refuse,
};

const provisioned = (stacks: readonly AssembledStack[]) => provision(stacks, new Registry([SERVICE]));
const propertiesOf = (logicalId: string) => created.find((resource) => resource.logicalId === logicalId)?.properties;

/** A stack that no app would synthesize. */
function handMade(resources: Record<string, TemplateEntry>, rest: Partial<AssembledStack> = {}): AssembledStack {
  return { name: 'Made', region: 'eu-west-1', resources, outputs: {}, parameters: {}, assets: new Map(), ...rest };
}

describe('reading an assembly', () => {
  test('finds stacks, their resources and the defaults of their parameters', () => {
    const [stack] = assemblyOf((one) => {
      thing(one, 'Thing', { Name: 'a' });
      new CfnParameter(one, 'Size', { type: 'Number', default: 3 });
      new CfnParameter(one, 'Stored', { type: 'AWS::SSM::Parameter::Value<String>', default: '/a/name' });
      new CfnOutput(one, 'Out', { value: 'b' });
    });
    expect(stack).toMatchObject({
      name: 'One',
      region: 'eu-west-1',
      resources: { Thing: { Type: 'AWS::Test::Thing', Properties: { Name: 'a' } } },
      outputs: { Out: { Value: 'b' } },
      parameters: { Size: 3 },
    });
    // What is kept in Parameter Store would be found under that name on AWS only; CDK itself states one such parameter.
    expect(Object.keys(stack?.parameters ?? {})).toEqual(['Size']);
  });

  test('gives each asset’s folder by the key under which it would be uploaded', async () => {
    const source = path.join(folder, 'source');
    mkdirSync(source);
    writeFileSync(path.join(source, 'index.js'), 'exports.handler = async () => 1;');
    const stacks = assemblyOf((one) => {
      new LambdaFunction(one, 'Fn', { code: Code.fromAsset(source), handler: 'index.handler', runtime: Runtime.NODEJS_22_X });
    });
    await provisioned(stacks);
    const code = created.find(({ type }) => type === 'AWS::Lambda::Function')?.properties['Code'] as { LocalPath: string };
    expect(code).toEqual({ LocalPath: expect.stringMatching(/\/cdk\.out\/asset\.[0-9a-f]{64}$/) });
    expect(stacks.flatMap(({ assets }) => [...assets.values()])).toContain(code.LocalPath);
  });

  test('leaves code alone that is no asset of the app', async () => {
    const Code = { S3Bucket: 'theirs', S3Key: 'code.zip' };
    await provisioned([handMade({ Fn: { Type: 'AWS::Test::Thing', Properties: { Code } } })]);
    expect(propertiesOf('Fn')).toEqual({ Code });
  });

  test.each<[section: string, fill: (stack: Stack) => void]>([
    ['Conditions', (stack) => new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals('a', 'b') })],
    ['Mappings', (stack) => new CfnMapping(stack, 'Sizes', { mapping: { small: { cpu: 1 } } })],
    ['Transform', (stack) => stack.addTransform('AWS::Serverless-2016-10-31')],
  ])('refuses %s by name', (section, fill) => {
    expect(() => assemblyOf(fill)).toThrow(`One has ${section}, which the local runtime does not understand.`);
  });
});

describe('creating what is in a stack', () => {
  test('stops before it would create anew, and so empty, what holds data', async () => {
    const kept = () => new KeptResources(state.map<KeptResource>('resources'));
    const state = State.inMemory();
    const holder: ResourceType = { ...RECORDER, replacedOn: ['Name'] };
    const registry = new Registry([{ ...SERVICE, resourceTypes: [holder] }]);
    const named = (Name: string) => [handMade({ Holder: { Type: 'AWS::Test::Thing', Properties: { Name } } })];
    await provision(named('a'), registry, kept());
    await provision(named('a'), registry, kept());
    await expect(provision(named('b'), registry, kept())).rejects.toThrow(
      /^Made\/Holder \(AWS::Test::Thing\): its Name is "b", and what is stored was made with "a": .* start with --fresh, which deletes all state\.$/,
    );
    expect(created).toHaveLength(2);
  });

  test('resolves references in the order of dependencies, and gives outputs', async () => {
    const stacks = assemblyOf((one) => {
      const first = thing(one, 'First', { Name: Token.asString(Fn.ref('Second')), Tags: [Fn.sub(`\${Second.Arn}/\${AWS::Region}`)] });
      const second = thing(one, 'Second', { Name: Fn.join('/', ['a', Fn.ref('AWS::AccountId'), Fn.ref('AWS::StackName')]) });
      const third = thing(one, 'Third');
      second.addResourceDependency(third);
      new CfnOutput(one, 'Out', { value: Token.asString(first.getAtt('Arn')) });
    });
    const { resources, outputs, notHonoured } = await provisioned(stacks);
    expect(created.map(({ logicalId }) => logicalId)).toEqual(['Third', 'Second', 'First']);
    expect(propertiesOf('First')).toEqual({ Name: 'second', Tags: ['arn:Second/eu-west-1'] });
    expect(propertiesOf('Second')).toEqual({ Name: 'a/000000000000/One' });
    expect(created[0]).toEqual({ logicalId: 'Third', stackName: 'One', type: 'AWS::Test::Thing', properties: {}, path: 'One/Third' });
    expect(resources[0]).toEqual({
      ref: 'third',
      attributes: { Arn: 'arn:Third', Empty: '' },
      stackName: 'One',
      logicalId: 'Third',
      type: 'AWS::Test::Thing',
      path: 'One/Third',
    });
    expect(outputs).toEqual(new Map([['One', new Map([['Out', 'arn:First']])]]));
    expect(notHonoured.size).toBe(0);
  });

  test('leaves out what is no value, and lets an attribute be an empty text', async () => {
    const Properties = { Name: { Ref: 'AWS::NoValue' }, Tags: [{ 'Fn::GetAtt': ['Other', 'Empty'] }] };
    await provisioned([handMade({ Thing: { Type: 'AWS::Test::Thing', Properties }, Other: { Type: 'AWS::Test::Thing' } })]);
    expect(propertiesOf('Thing')).toEqual({ Tags: [''] });
  });

  test('gives every pseudo parameter a value', async () => {
    const names = ['AccountId', 'Region', 'Partition', 'URLSuffix', 'StackName', 'StackId'];
    const Properties = { Name: names.map((name) => ({ Ref: `AWS::${name}` })) };
    await provisioned([handMade({ Thing: { Type: 'AWS::Test::Thing', Properties } })]);
    const stackId = 'arn:aws:cloudformation:eu-west-1:000000000000:stack/Made/local';
    expect(propertiesOf('Thing')).toEqual({ Name: ['000000000000', 'eu-west-1', 'aws', 'amazonaws.com', 'Made', stackId] });
  });

  test('names the properties that are not honoured, by type', async () => {
    const { notHonoured } = await provisioned([
      handMade({
        A: { Type: 'AWS::Test::Thing', Properties: { Name: 'a', Colour: 'red', Tags: [1] } },
        B: { Type: 'AWS::Test::Thing', Properties: { Colour: 'blue', Shape: { Sides: 3 } } },
        C: { Type: 'AWS::IAM::Role', Properties: { Age: 1 } },
      }),
    ]);
    expect(notHonoured).toEqual(
      new Map([
        ['AWS::Test::Thing', new Set(['Colour', 'Shape'])],
        ['AWS::IAM::Role', new Set(['Age'])],
      ]),
    );
  });

  test('passes by what does nothing on a laptop', async () => {
    const { resources } = await provisioned([handMade({ CDKMetadata: { Type: 'AWS::CDK::Metadata', Properties: { Analytics: 'x' } } })]);
    expect([resources, created]).toEqual([[], []]);
  });

  test('creates nothing at all where a type is not served', async () => {
    const stacks = assemblyOf((one) => {
      thing(one, 'Thing');
      thing(one, 'Topic', {}, 'AWS::SNS::Topic');
      thing(one, 'Net', {}, 'AWS::EC2::VPC');
    });
    await expect(provisioned(stacks)).rejects.toThrow('does not serve: AWS::EC2::VPC, AWS::SNS::Topic.');
    expect(created).toEqual([]);
  });

  test('names the construct that could not be created, and why', async () => {
    const app = newApp();
    const stage = new Stage(app, 'Manuel-dev', { env: ENV });
    thing(new Stack(stage, 'storage'), 'Manuals', { Name: 'broken' });
    const stacks = readCloudAssembly(app.synth().directory);
    await expect(provisioned(stacks)).rejects.toMatchObject({
      message: 'Manuel-dev/storage/Manuals (AWS::Test::Thing): The name is broken.',
      cause: { code: 'ValidationException' },
    });
  });

  test.each<[name: string, entry: Partial<TemplateEntry>, complaint: string]>([
    ['a condition', { Condition: 'IsProd' }, 'a condition on a resource is not understood'],
    [
      'an unknown function',
      { Properties: { Name: { 'Fn::If': ['IsProd', 1, 2] } } },
      'the intrinsic function Fn::If is not understood by the local runtime',
    ],
    ['a reference to nothing', { Properties: { Name: { Ref: 'Gone' } } }, 'Ref Gone leads nowhere'],
    ['one to a name that every object has', { Properties: { Name: { Ref: 'toString' } } }, 'Ref toString leads nowhere'],
    ['one to a parameter without a default', { Properties: { Name: { Ref: 'Size' } } }, 'Ref Size leads nowhere'],
    [
      'an attribute that is not given',
      { Properties: { Name: { 'Fn::GetAtt': ['Other', 'Age'] } } },
      'Fn::GetAtt Other.Age is not an attribute that the local runtime gives',
    ],
    [
      'an output that there is not',
      { Properties: { Name: { 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O' } } } },
      'Fn::GetStackOutput finds no O in S',
    ],
  ])('stops at %s', async (_name, entry, complaint) => {
    const resources = { Other: { Type: 'AWS::Test::Thing' }, Thing: { Type: 'AWS::Test::Thing', ...entry } };
    const parameters = { Size: undefined };
    await expect(provisioned([handMade(resources, { parameters })])).rejects.toThrow(`Made/Thing (AWS::Test::Thing): ${complaint}`);
  });

  test('names the output that leads nowhere', async () => {
    const outputs = { Out: { Value: { Ref: 'Gone' } } };
    await expect(provisioned([handMade({}, { outputs })])).rejects.toThrow('the output Out of Made: Ref Gone leads nowhere');
  });
});

describe('several stacks', () => {
  test('come each after those whose outputs it reads, in whatever order they were written', async () => {
    const app = newApp();
    const stage = new Stage(app, 'Manuel-dev', { env: ENV });
    const api = new Stack(stage, 'api');
    const storage = new Stack(stage, 'storage');
    const table = thing(storage, 'Table');
    thing(api, 'Reader', { Name: table.ref, Tags: [table.getAtt('Arn')] });
    const stacks = readCloudAssembly(app.synth().directory);
    expect(JSON.stringify(stacks.map(({ resources }) => resources))).toContain('Fn::GetStackOutput');
    await provisioned(stacks);
    expect(stacks.map(({ name }) => name)).toEqual(['Manuel-dev-storage', 'Manuel-dev-api']);
    expect(propertiesOf('Reader')).toEqual({ Name: 'table', Tags: ['arn:Table'] });
  });

  test('have logical ids of their own', async () => {
    const entry = (Name: unknown) => ({ Type: 'AWS::Test::Thing', Properties: { Name } });
    const one = handMade({ Thing: entry('a') }, { name: 'One' });
    const two = handMade({ Other: entry({ Ref: 'Thing' }) }, { name: 'Two' });
    await expect(provisioned([one, two])).rejects.toThrow('Two/Other (AWS::Test::Thing): Ref Thing leads nowhere');
  });
});

test('an app that fails says so in its own words', async () => {
  const failure = synthesize('nope', path.join(folder, 'out'));
  await expect(failure).rejects.toThrow(/^The CDK app could not be synthesized:\nError: .*"?nope"?/);
  await expect(failure).rejects.not.toThrow(/\n\s+at /);
});
