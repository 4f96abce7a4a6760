import fc from 'fast-check';
import { type IntrinsicScope, NO_VALUE, referencesIn, resolveIntrinsics } from '../../local/assembly/intrinsics.ts';

const VALUES: Readonly<Record<string, unknown>> = {
  Table: 'table-1',
  Count: 3,
  Azs: ['a', 'b'],
  Shape: { side: 1 },
  'AWS::Region': 'eu-west-1',
  'AWS::NoValue': NO_VALUE,
};

/** Knows what is above, and of each the attribute `Arn` and the nested one `Endpoint.Port`. */
const SCOPE: IntrinsicScope = {
  ref: (name) => {
    if (!Object.hasOwn(VALUES, name)) throw new Error(`Ref ${name} leads nowhere`);
    return VALUES[name];
  },
  attribute: (logicalId, name) => {
    if (!['Arn', 'Endpoint.Port'].includes(name)) throw new Error(`Fn::GetAtt ${logicalId}.${name} leads nowhere`);
    return `${logicalId}/${name}`;
  },
  stackOutput: (stackName, outputName) => `${stackName}:${outputName}`,
};

const resolve = (value: unknown) => resolveIntrinsics(value, SCOPE);

test.each<[template: unknown, value: unknown]>([
  [{ Ref: 'Table' }, 'table-1'],
  [{ Ref: 'Count' }, 3],
  [{ Ref: 'Azs' }, ['a', 'b']],
  [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'Table/Arn'],
  [{ 'Fn::GetAtt': ['Table', 'Endpoint', 'Port'] }, 'Table/Endpoint.Port'],
  [{ 'Fn::GetAtt': 'Table.Arn' }, 'Table/Arn'],
  [{ 'Fn::GetAtt': 'Table.Endpoint.Port' }, 'Table/Endpoint.Port'],
  [{ 'Fn::Join': ['', []] }, ''],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'Count' }, true, { 'Fn::GetAtt': ['Table', 'Arn'] }]] }, 'a-3-true-Table/Arn'],
  [{ 'Fn::Join': [',', { Ref: 'Azs' }] }, 'a,b'],
  [{ 'Fn::Join': [',', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a,b'],
  [
    { 'Fn::Sub': `arn:\${AWS::Region}:\${Table}/\${Table.Arn}:\${Table.Endpoint.Port}` },
    'arn:eu-west-1:table-1/Table/Arn:Table/Endpoint.Port',
  ],
  [{ 'Fn::Sub': [`\${Table} \${Own}`, { Own: { Ref: 'Count' } }] }, 'table-1 3'],
  [{ 'Fn::Sub': [`\${Table}`, { Table: 'shadowed' }] }, 'shadowed'],
  [{ 'Fn::Sub': `\${!Table} costs $5 {not} \${Count}` }, `\${Table} costs $5 {not} 3`],
  [{ 'Fn::Select': [1, ['a', 'b']] }, 'b'],
  [{ 'Fn::Select': ['0', { 'Fn::Split': ['.', 'x.y'] }] }, 'x'],
  [{ 'Fn::Select': [0, [{ Ref: 'Shape' }]] }, { side: 1 }],
  [{ 'Fn::Split': [':', { 'Fn::GetAtt': ['a:b', 'Arn'] }] }, ['a', 'b/Arn']],
  [{ 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O' } }, 'S:O'],
  [{ 'Fn::GetStackOutput': { StackName: { Ref: 'Table' }, OutputName: 'O', Region: 'eu-west-1' } }, 'table-1:O'],
  [
    { A: [{ B: { Ref: 'Table' } }], C: null, D: 1, E: false },
    { A: [{ B: 'table-1' }], C: null, D: 1, E: false },
  ],
  [
    { A: { Ref: 'AWS::NoValue' }, B: [{ Ref: 'AWS::NoValue' }, 1], C: {} },
    { B: [1], C: {} },
  ],
  // A policy's statement has a member that is called like an intrinsic function, and is none.
  [
    { Effect: 'Allow', Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
    { Effect: 'Allow', Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
  ],
])('%j is %j', (template, value) => {
  expect(resolve(template)).toEqual(value);
});

describe('a function that is not understood is refused by its name', () => {
  test.each(['And', 'Base64', 'Cidr', 'FindInMap', 'ForEach::Loop', 'GetAZs', 'If', 'ImportValue', 'Length', 'ToJsonString', 'Transform'])(
    'Fn::%s',
    (name) => {
      const message = `the intrinsic function Fn::${name} is not understood by the local runtime`;
      expect(() => resolve({ A: [{ [`Fn::${name}`]: ['x'] }] })).toThrow(message);
      expect(() => resolve({ 'Fn::Join': ['', [{ [`Fn::${name}`]: ['x'] }]] })).toThrow(message);
    },
  );

  test('Condition', () => {
    expect(() => resolve({ Condition: 'IsProd' })).toThrow('the intrinsic function Condition is not understood');
  });
});

test.each<[template: unknown, complaint: string]>([
  [{ Ref: 'Nothing' }, 'Ref Nothing leads nowhere'],
  [{ Ref: 'constructor' }, 'Ref constructor leads nowhere'],
  [{ Ref: ['Table'] }, 'Ref needs a text, and was given ["Table"]'],
  [{ 'Fn::GetAtt': ['Table', 'Age'] }, 'Fn::GetAtt Table.Age leads nowhere'],
  [{ 'Fn::GetAtt': [{ Ref: 'Table' }, 'Arn'] }, 'Fn::GetAtt needs a text, and was given {"Ref":"Table"}'],
  [{ 'Fn::Join': ['-', 'a'] }, 'Fn::Join needs a list, and was given "a"'],
  [{ 'Fn::Join': ['-', [{ Ref: 'Shape' }]] }, 'Fn::Join needs a text, and was given {"side":1}'],
  [{ 'Fn::Join': ['-', [{ Ref: 'Azs' }]] }, 'Fn::Join needs a text, and was given ["a","b"]'],
  [{ 'Fn::Sub': `\${Shape}` }, 'Fn::Sub needs a text, and was given {"side":1}'],
  [{ 'Fn::Sub': `\${AWS::NoValue}` }, 'Fn::Sub needs a text, and was given Symbol(AWS::NoValue)'],
  [{ 'Fn::Sub': `\${Nothing}` }, 'Ref Nothing leads nowhere'],
  [{ 'Fn::Sub': `\${constructor}` }, 'Ref constructor leads nowhere'],
  [{ 'Fn::Sub': [{ Ref: 'Table' }, {}] }, 'Fn::Sub needs a text, and was given {"Ref":"Table"}'],
  [{ 'Fn::Select': [2, ['a', 'b']] }, 'Fn::Select finds no element 2 in a list of 2'],
  [{ 'Fn::Select': [-1, ['a', 'b']] }, 'Fn::Select finds no element -1 in a list of 2'],
  [{ 'Fn::Select': ['x', ['a', 'b']] }, 'Fn::Select finds no element x in a list of 2'],
  [{ 'Fn::Select': [0, 'ab'] }, 'Fn::Select needs a list, and was given "ab"'],
  [{ 'Fn::Split': ['', 'ab'] }, 'Fn::Split needs something to split at'],
  [{ 'Fn::Split': [',', { Ref: 'Azs' }] }, 'Fn::Split needs a text, and was given ["a","b"]'],
  [
    { 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O', Region: 'us-east-1' } },
    'looks into us-east-1, and the local runtime has one region only',
  ],
  [{ 'Fn::GetStackOutput': { StackName: 'S', OutputName: 'O', RoleArn: 'arn' } }, 'RoleArn of Fn::GetStackOutput is not understood'],
  [{ A: { 'Fn::Join': ['', ['a']], B: 1 } }, 'the intrinsic function Fn::Join stands beside other members'],
])('%j is refused: %s', (template, complaint) => {
  expect(() => resolve(template)).toThrow(complaint);
});

describe('whatever the texts are', () => {
  const text = fc.string({ unit: 'grapheme' });
  const literal = text.filter((part) => !part.includes('$'));

  test('what has no intrinsic function in it stays as it is', () => {
    const plain = fc.jsonValue().filter((value) => !/"(Ref|Condition|Fn::[^"]*)":/.test(JSON.stringify(value)));
    fc.assert(fc.property(plain, (value) => void expect(resolve(value)).toEqual(value)));
  });

  test('Fn::Split takes apart what Fn::Join has joined', () => {
    const separator = fc.string({ unit: fc.constantFrom('|', '/', ','), minLength: 1 });
    const part = text.filter((characters) => !/[|/,]/.test(characters));
    fc.assert(
      fc.property(separator, fc.array(part, { minLength: 1 }), (by, parts) => {
        expect(resolve({ 'Fn::Split': [by, { 'Fn::Join': [by, parts] }] })).toEqual(parts);
      }),
    );
  });

  test('Fn::Select gives each element of a list at its place', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (parts) => {
        expect(parts.map((_, index) => resolve({ 'Fn::Select': [index, parts] }))).toEqual(parts);
      }),
    );
  });

  test('Fn::Sub puts values in as they are, and is the Fn::Join of its pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, text)), literal, (pieces, end) => {
        const template = `${pieces.map(([before], index) => `${before}\${V${index}}`).join('')}${end}`;
        const variables = Object.fromEntries(pieces.map(([, value], index) => [`V${index}`, value]));
        expect(resolve({ 'Fn::Sub': [template, variables] })).toBe(resolve({ 'Fn::Join': ['', [...pieces.flat(), end]] }));
      }),
    );
  });

  test('Fn::Sub leaves what is escaped, but for the mark', () => {
    const name = fc.stringMatching(/^[\w.:]+$/);
    fc.assert(
      fc.property(literal, name, literal, (before, escaped, after) => {
        expect(resolve({ 'Fn::Sub': `${before}\${!${escaped}}${after}` })).toBe(`${before}\${${escaped}}${after}`);
      }),
    );
  });
});

test('references are found wherever they are, and variables and escapes are none', () => {
  const value = {
    A: [{ Ref: 'Ref1' }, { B: { 'Fn::GetAtt': ['List1', 'Arn'] } }, { 'Fn::GetAtt': 'Text1.Arn' }],
    C: { 'Fn::Join': ['', ['x', { 'Fn::Sub': `\${Sub1}\${Sub2.Arn}\${!Escaped}\${AWS::Region}` }]] },
    D: { 'Fn::Sub': [`\${Own}\${Sub3}`, { Own: { Ref: 'Ref2' } }] },
    E: 'Ref',
    F: null,
  };
  expect([...referencesIn(value)].sort()).toEqual(['AWS::Region', 'List1', 'Ref1', 'Ref2', 'Sub1', 'Sub2', 'Sub3', 'Text1']);
});
