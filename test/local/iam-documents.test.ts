// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables.
import { type PolicyKind, parsePolicy } from '../../local/iam/policy-document.ts';

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const open = { ...read, Principal: '*' };
const assume = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
const user = 'arn:aws:iam::111122223333:user/ada';
const session = 'arn:aws:sts::111122223333:assumed-role/app/one';
const parse = (kind: PolicyKind, ...statements: object[]) => parsePolicy('Read', { Version: '2012-10-17', Statement: statements }, kind);

test.each<[string, PolicyKind, object]>([
  ['a single statement', 'identity', { Version: '2012-10-17', Statement: read }],
  ['no version', 'identity', { Statement: [read] }],
  ['the Id of a resource policy', 'resource', { Version: '2012-10-17', Id: 'x', Statement: [open] }],
  [
    'any Sid in a resource policy',
    'resource',
    {
      Version: '2008-10-17',
      Statement: [
        { ...open, Sid: 'with spaces' },
        { ...open, Sid: 'with spaces' },
      ],
    },
  ],
  ['no Resource in a resource policy', 'resource', { Statement: { Effect: 'Allow', Action: 'sqs:*', Principal: '*' } }],
  ['a trust policy', 'trust', { Version: '2012-10-17', Statement: [assume] }],
])('a document with %s is understood', (_, kind, document) => {
  expect(parsePolicy('Read', document, kind).statements.length).toBeGreaterThan(0);
});

test.each<[string, unknown, string]>([
  ['text', '{}', 'Policy Read: The document is not an object'],
  ['an unknown version', { Version: '2012-10-18', Statement: read }, 'Policy Read: Version "2012-10-18" is unknown'],
  ['an unknown element', { Version: '2012-10-17', Statements: read }, 'Policy Read: the element Statements is unknown here'],
  ['the Id of a resource policy', { Id: 'x', Statement: read }, 'Policy Read: the element Id is unknown here'],
  ['no statements', { Version: '2012-10-17', Statement: [] }, 'Policy Read: Statement is missing or empty'],
  [
    'a Sid twice',
    {
      Statement: [
        { ...read, Sid: 'A' },
        { ...read, Sid: 'A' },
      ],
    },
    'Policy Read: Sid "A" stands twice',
  ],
])('an identity policy that has %s is refused', (_, document, sentence) => {
  expect(() => parsePolicy('Read', document, 'identity')).toThrow(sentence);
});

test.each<[string, PolicyKind, object, string]>([
  ['an unknown element', 'identity', { ...read, Conditions: {} }, 'the element Conditions is unknown here'],
  ['no Effect', 'identity', { Action: '*', Resource: '*' }, 'Effect must be "Allow" or "Deny"'],
  ['an unknown Effect', 'identity', { ...read, Effect: 'allow' }, 'Effect must be "Allow" or "Deny"'],
  ['neither Action nor NotAction', 'identity', { Effect: 'Allow', Resource: '*' }, 'Action or NotAction is missing'],
  ['Action and NotAction', 'identity', { ...read, NotAction: '*' }, 'Action and NotAction exclude each other'],
  ['no actions', 'identity', { ...read, Action: [] }, 'Action is missing or empty'],
  ['an action without its service', 'identity', { ...read, Action: 'GetObject' }, 'Action "GetObject" is not of the form service:Action'],
  ['a wildcard for services', 'identity', { ...read, Action: 's*:Get' }, 'Action "s*:Get" is not of the form service:Action'],
  ['a variable in an action', 'identity', { ...read, Action: 's3:${aws:x}' }, 'Action "s3:${aws:x}" is not of the form service:Action'],
  ['an unresolved action', 'identity', { ...read, Action: [{ Ref: 'X' }] }, 'Action has a value that is not text: {"Ref":"X"}'],
  ['no resource', 'identity', { Effect: 'Allow', Action: '*' }, 'Resource or NotResource is missing'],
  ['Resource and NotResource', 'identity', { ...read, NotResource: '*' }, 'Resource and NotResource exclude each other'],
  ['a resource that is no ARN', 'identity', { ...read, Resource: 'bucket/*' }, 'the resource "bucket/*" must be an ARN or "*"'],
  [
    'a wildcard for resources of services',
    'identity',
    { ...read, Resource: 'arn:aws:*:::b' },
    'the ARN "arn:aws:*:::b" has a wildcard in its service',
  ],
  ['a wildcard for partitions', 'identity', { ...read, Resource: 'arn:*:s3:::b' }, 'has a wildcard in its partition'],
  ['a variable for the account', 'identity', { ...read, Resource: 'arn:aws:s3::${aws:x}:b' }, 'has a policy variable in its account'],
  ['half an ARN for a resource', 'resource', { ...open, Resource: 'arn:aws:s3' }, 'the ARN "arn:aws:s3" has fewer than 6 components'],
  ['a principal', 'identity', { ...read, Principal: '*' }, 'Principal cannot stand in an identity policy'],
  ['a NotPrincipal', 'identity', { ...read, NotPrincipal: '*' }, 'NotPrincipal cannot stand in an identity policy'],
  ['a Sid with a hyphen', 'identity', { ...read, Sid: 'a-b' }, 'Sid "a-b" has characters other than letters and digits'],
  ['a Sid that is a number', 'resource', { ...open, Sid: 1 }, 'Sid is not text'],
  ['a condition that is a list', 'identity', { ...read, Condition: [] }, 'Condition is not an object'],
  ['no principal', 'resource', read, 'Principal or NotPrincipal is missing'],
  ['a resource of its own', 'trust', { ...assume, Resource: '*' }, 'Resource cannot stand in a trust policy'],
  ['both kinds of principals', 'resource', { ...open, NotPrincipal: '*' }, 'Principal and NotPrincipal exclude each other'],
  ['principals as text', 'resource', { ...open, Principal: user }, 'Principal is neither "*" nor an object of principals'],
  ['principals of an unknown type', 'resource', { ...open, Principal: { Aws: user } }, 'Principal has an unknown type Aws'],
  ['no principals of a type', 'resource', { ...open, Principal: { AWS: [] } }, 'Principal AWS is empty'],
  [
    'a principal that is not text',
    'resource',
    { ...open, Principal: { AWS: { Ref: 'X' } } },
    'Principal AWS has a value that is not text: {"Ref":"X"}',
  ],
  [
    'a wildcard within a principal',
    'resource',
    { ...open, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } },
    'names no account, user, role or session',
  ],
  ['the id of a deleted role', 'resource', { ...open, Principal: { AWS: 'AROAEXAMPLE' } }, '"AROAEXAMPLE", which names no account'],
  ['any service', 'resource', { ...open, Principal: { Service: '*' } }, 'Principal has a wildcard in the service "*"'],
  ['everyone as NotPrincipal', 'resource', { ...read, Effect: 'Deny', NotPrincipal: { AWS: '*' } }, 'NotPrincipal "*" leaves nobody'],
  [
    'a NotPrincipal without its account',
    'resource',
    { ...read, Effect: 'Deny', NotPrincipal: { AWS: user } },
    `names "${user}" without its account`,
  ],
  [
    'a NotPrincipal without its role',
    'resource',
    { ...read, Effect: 'Deny', NotPrincipal: { AWS: [session, '111122223333'] } },
    'without its role',
  ],
])('a statement that has %s is refused', (_, kind, statement, sentence) => {
  const valid = { identity: read, resource: open, trust: assume }[kind];
  expect(() => parse(kind, valid, statement)).toThrow(sentence);
  expect(() => parse(kind, valid, statement)).toThrow('Policy Read: statement 2: ');
});
