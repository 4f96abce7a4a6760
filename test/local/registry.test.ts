import type { AssembledStack } from '../../local/assembly/cloud-assembly.ts';
import { unhonouredPaths } from '../../local/assembly/honoured-properties.ts';
import { Registry } from '../../local/assembly/registry.ts';
import { notEmulated } from '../../local/platform/call.ts';
import type { ResourceType, Service } from '../../local/platform/service.ts';

const typeOf = (type: string, paths: Partial<ResourceType> = {}): ResourceType => ({
  type,
  honours: [],
  create: async () => ({ ref: 'x' }),
  ...paths,
});

function serviceOf(...resourceTypes: ResourceType[]): Service {
  const refuse = () => {
    throw notEmulated('anything');
  };
  return { signingNames: [], resourceTypes, operationOf: refuse, handle: refuse, renderError: refuse };
}

function stackOf(...types: string[]): AssembledStack {
  const resources = Object.fromEntries(types.map((Type, index) => [`Resource${index}`, { Type }]));
  return { name: 'Stack', region: 'eu-west-1', resources, outputs: {}, parameters: {}, assets: new Map() };
}

const table = typeOf('AWS::DynamoDB::Table');
const queue = typeOf('AWS::SQS::Queue');
const registry = new Registry([serviceOf(table), serviceOf(), serviceOf(queue, typeOf('AWS::SQS::QueuePolicy'))]);

test('finds a type’s creator with whichever service has it', () => {
  expect([registry.find('AWS::DynamoDB::Table'), registry.find('AWS::SQS::Queue')]).toEqual([table, queue]);
});

test('finds no creator for a type that does nothing on a laptop', () => {
  expect(registry.find('AWS::CDK::Metadata')).toBeUndefined();
  expect(() => registry.assertKnows([stackOf('AWS::CDK::Metadata', 'AWS::SQS::Queue')])).not.toThrow();
});

test.each(['AWS::EC2::VPC', 'constructor', ''])('refuses the type "%s" by name', (type) => {
  expect(() => registry.find(type)).toThrow(`the local runtime does not serve ${type}`);
});

test('refuses an assembly with each type that it does not know, once', () => {
  const stacks = [stackOf('AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::SNS::Topic'), stackOf('AWS::EC2::VPC', 'AWS::SNS::Topic')];
  const message = 'The templates hold types that the local runtime does not serve: AWS::EC2::VPC, AWS::SNS::Topic.';
  expect(() => registry.assertKnows(stacks)).toThrow(message);
});

describe('paths that are not honoured', () => {
  const type = typeOf('AWS::Test::Thing', { honours: ['Name', 'Policy.Length', 'Rules.Id'], inert: { Tags: 'are read by people' } });

  test.each<[name: string, properties: Record<string, unknown>, paths: string[]]>([
    ['nothing is stated', {}, []],
    ['all is honoured or inert', { Name: 'a', Policy: { Length: 3 }, Tags: [{ Key: 'a', Value: 'b' }] }, []],
    ['all below a path is covered by it', { Name: { First: { Part: 1 } } }, []],
    ['another property', { Name: 'a', Colour: 'red' }, ['Colour']],
    ['a property whose name only begins alike', { Names: 'a' }, ['Names']],
    ['a part beside one that is honoured', { Policy: { Length: 3, Age: 4 } }, ['Policy.Age']],
    ['the whole where only parts are honoured', { Policy: 3 }, ['Policy']],
    [
      'parts of a list’s elements, once each',
      {
        Rules: [
          { Id: 1, Days: 2 },
          { Days: 3, Hours: { Of: 4 } },
        ],
      },
      ['Rules.Days', 'Rules.Hours'],
    ],
    ['an empty object', { Colour: {} }, ['Colour']],
    ['an empty list', { Colours: [] }, ['Colours']],
    ['false and null', { Public: false, Owner: null }, ['Public', 'Owner']],
  ])('%s', (_name, properties, paths) => {
    expect(unhonouredPaths(type, properties)).toEqual(paths);
  });

  test('say why, where the reason is known, and once for all that is below it', () => {
    const explained = { ...type, notHonoured: { 'Rules.Group': 'nobody knows what is in it' } };
    const properties = { Rules: [{ Id: 1, Group: { Name: 'a' } }, { Group: { Name: 'b', Version: 1 } }], Colour: 'red' };
    expect(unhonouredPaths(explained, properties)).toEqual(['Rules.Group (nobody knows what is in it)', 'Colour']);
  });

  test('are followed by what values of honoured properties ask for and do not get, once each, with the reason', () => {
    const wanting = { ...type, unmet: ({ Colour }: Readonly<Record<string, unknown>>) => ({ [`paint of ${Colour}`]: 'there is none' }) };
    expect(unhonouredPaths(wanting, { Colour: 'red' })).toEqual(['Colour', 'paint of red (there is none)']);
  });
});
