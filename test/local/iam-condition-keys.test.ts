// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables.
import { CONDITION_OPERATORS, type ConditionCase, holds, testConditions, USER_GUIDE } from './iam-condition-cases.ts';

const ARN = `${CONDITION_OPERATORS}#Conditions_ARN`;
const IF_EXISTS = `${CONDITION_OPERATORS}#Conditions_IfExists`;
const NULL = `${CONDITION_OPERATORS}#Conditions_Null`;
const LOGIC = `${USER_GUIDE}/reference_policies_condition-logic-multiple-context-keys-or-values.html`;
const SETS = `${USER_GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`;
const SET_EXAMPLES = `${USER_GUIDE}/reference_policies_condition_examples-multi-valued-context-keys.html`;
const VARIABLES = `${USER_GUIDE}/reference_policies_variables.html`;
const NO_VALUE = `${VARIABLES}#policy-vars-no-value`;
const SPECIAL = `${VARIABLES}#policy-vars-specialchars`;
const VERSION = `${USER_GUIDE}/reference_policies_elements_version.html`;

const noon = '2026-11-20T12:00:00Z';
const topic = 'arn:aws:sns:eu-west-1:123456789012:topic';
const existence: ConditionCase[] = [
  ['IfExists: no key', { StringLikeIfExists: { 'ec2:InstanceType': ['t1.*'] } }, {}, true, IF_EXISTS],
  ['IfExists: a match', { StringLikeIfExists: { 'ec2:InstanceType': ['t1.*'] } }, { 'ec2:InstanceType': 't1.micro' }, true, IF_EXISTS],
  ['IfExists: no match', { StringLikeIfExists: { 'ec2:InstanceType': ['t1.*'] } }, { 'ec2:InstanceType': 'm5.large' }, false, IF_EXISTS],
  ['IfExists of a negated operator: no key', { StringNotEqualsIfExists: { 'aws:RequestTag/a': 'x' } }, {}, true, IF_EXISTS],
  [
    'IfExists of a negated operator: a match',
    { StringNotEqualsIfExists: { 'aws:RequestTag/a': 'x' } },
    { 'aws:RequestTag/a': 'x' },
    false,
    IF_EXISTS,
  ],
  ['IfExists beside a condition that fails', { BoolIfExists: { 'aws:a': 'true' }, StringEquals: { 'aws:b': 'x' } }, {}, false, IF_EXISTS],
  [
    'BoolIfExists: no key',
    { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    {},
    true,
    `${USER_GUIDE}/reference_policies_elements_notaction.html`,
  ],
  ['Null true: no key', { Null: { 'aws:TokenIssueTime': 'true' } }, {}, true, NULL],
  ['Null true: a key', { Null: { 'aws:TokenIssueTime': 'true' } }, { 'aws:TokenIssueTime': noon }, false, NULL],
  ['Null false: a key', { Null: { 'aws:TokenIssueTime': 'false' } }, { 'aws:TokenIssueTime': noon }, true, NULL],
  ['Null false: no key', { Null: { 'aws:TokenIssueTime': 'false' } }, {}, false, NULL],
  ['Null false: an empty value', { Null: { 'aws:TagKeys': 'false' } }, { 'aws:TagKeys': [''] }, false, SET_EXAMPLES],
  ['Null false: an empty list', { Null: { 'aws:TagKeys': 'false' } }, { 'aws:TagKeys': [] }, false, SET_EXAMPLES],
];

const attributes = ['PostDateTime', 'Message', 'Tags'];
const sets: ConditionCase[] = [
  [
    'ForAllValues: a subset',
    { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } },
    { 'dynamodb:Attributes': ['Tags', 'Message'] },
    true,
    SETS,
  ],
  [
    'ForAllValues: one too many',
    { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } },
    { 'dynamodb:Attributes': ['PostDateTime', 'UserName'] },
    false,
    SETS,
  ],
  ['ForAllValues: no key', { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } }, {}, true, SETS],
  [
    'ForAllValues: an empty list',
    { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } },
    { 'dynamodb:Attributes': [] },
    true,
    SETS,
  ],
  ['ForAllValues: an empty text', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, { 'aws:TagKeys': [''] }, true, SETS],
  [
    'ForAllValues with Null: no key',
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] }, Null: { 'aws:TagKeys': 'false' } },
    {},
    false,
    SET_EXAMPLES,
  ],
  [
    'ForAllValues negated: all listed',
    { 'ForAllValues:StringNotLike': { 'aws:TagKeys': 'key1*' } },
    { 'aws:TagKeys': ['key1:hr', 'key1:personnel'] },
    false,
    SET_EXAMPLES,
  ],
  [
    'ForAllValues negated: none listed',
    { 'ForAllValues:StringNotLike': { 'aws:TagKeys': 'key1*' } },
    { 'aws:TagKeys': ['key2:audit'] },
    true,
    SET_EXAMPLES,
  ],
  ['ForAllValues negated: no key', { 'ForAllValues:StringNotLike': { 'aws:TagKeys': 'key1*' } }, {}, true, SET_EXAMPLES],
  [
    'ForAnyValue: one of several',
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID', 'PostDateTime'] } },
    { 'dynamodb:Attributes': ['UserName', 'Message', 'PostDateTime'] },
    true,
    SETS,
  ],
  [
    'ForAnyValue: none',
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID', 'PostDateTime'] } },
    { 'dynamodb:Attributes': ['UserName'] },
    false,
    SETS,
  ],
  ['ForAnyValue: no key', { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID'] } }, {}, false, SETS],
  [
    'ForAnyValue: an empty list',
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID'] } },
    { 'dynamodb:Attributes': [] },
    false,
    SETS,
  ],
  ['ForAnyValue: an empty text', { 'ForAnyValue:StringLike': { 'aws:TagKeys': ['*'] } }, { 'aws:TagKeys': [''] }, false, SETS],
  ['ForAnyValue negated: no key', { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['a'] } }, {}, false, SETS],
];

const several: ConditionCase[] = [
  [
    'values of a key: any',
    { StringEquals: { 'aws:PrincipalTag/role': ['audit', 'security'] } },
    { 'aws:PrincipalTag/role': 'security' },
    true,
    LOGIC,
  ],
  [
    'values of a negated operator: none',
    { StringNotEquals: { 'aws:PrincipalAccount': ['1', '2'] } },
    { 'aws:PrincipalAccount': '2' },
    false,
    LOGIC,
  ],
  ['keys of an operator: all', { StringEquals: { 'aws:a': 'x', 'aws:b': 'y' } }, { 'aws:a': 'x', 'aws:b': 'z' }, false, LOGIC],
  [
    'operators: all',
    { StringEquals: { 'aws:a': 'x' }, ArnLike: { 'aws:PrincipalArn': topic } },
    { 'aws:a': 'x', 'aws:PrincipalArn': 'y' },
    false,
    LOGIC,
  ],
  [
    'operators: all of them hold',
    { StringEquals: { 'aws:a': 'x' }, ArnLike: { 'aws:PrincipalArn': topic } },
    { 'aws:a': 'x', 'aws:PrincipalArn': topic },
    true,
    LOGIC,
  ],
];

const variables: ConditionCase[] = [
  [
    'a value',
    { StringLike: { 's3:prefix': 'home/${aws:username}/*' } },
    { 's3:prefix': 'home/ada/x', 'aws:UserName': 'ada' },
    true,
    VARIABLES,
  ],
  [
    "somebody else's value",
    { StringLike: { 's3:prefix': 'home/${aws:username}/*' } },
    { 's3:prefix': 'home/bob/x', 'aws:username': 'ada' },
    false,
    VARIABLES,
  ],
  ['no value, StringEquals', { StringEquals: { 's3:prefix': '${aws:username}' } }, { 's3:prefix': '${aws:username}' }, false, NO_VALUE],
  ['no value, StringLike', { StringLike: { 's3:prefix': 'home/${aws:username}*' } }, { 's3:prefix': 'home/' }, false, NO_VALUE],
  [
    'no value, negated',
    { StringNotEquals: { 's3:ExistingObjectTag/Team': '${aws:PrincipalTag/Team}' } },
    { 's3:ExistingObjectTag/Team': 'a' },
    true,
    NO_VALUE,
  ],
  [
    'an empty value',
    { StringEquals: { 's3:prefix': '${aws:PrincipalTag/team}' } },
    { 's3:prefix': '', 'aws:PrincipalTag/team': '' },
    false,
    NO_VALUE,
  ],
  ['a multivalued key', { StringEquals: { 's3:prefix': '${aws:TagKeys}' } }, { 's3:prefix': 'a', 'aws:TagKeys': ['a'] }, false, SETS],
  [
    'a default',
    { StringEquals: { 's3:prefix': "${aws:PrincipalTag/team, 'company-wide'}" } },
    { 's3:prefix': 'company-wide' },
    true,
    `${VARIABLES}#policy-vars-default-values`,
  ],
  [
    'a value beside a default',
    { StringEquals: { 's3:prefix': "${aws:PrincipalTag/team, 'company-wide'}" } },
    { 's3:prefix': 'company-wide', 'aws:PrincipalTag/team': 'red' },
    false,
    `${VARIABLES}#policy-vars-default-values`,
  ],
  ['${*} is an asterisk', { StringLike: { 's3:prefix': 'a${*}' } }, { 's3:prefix': 'a*' }, true, SPECIAL],
  ['${*} is no wildcard', { StringLike: { 's3:prefix': 'a${*}' } }, { 's3:prefix': 'ab' }, false, SPECIAL],
  ['${?} is no wildcard', { StringLike: { 's3:prefix': 'a${?}' } }, { 's3:prefix': 'ab' }, false, SPECIAL],
  ['${?} is a question mark', { StringLike: { 's3:prefix': 'a${?}' } }, { 's3:prefix': 'a?' }, true, SPECIAL],
  ['${$} is a dollar sign', { StringEquals: { 's3:prefix': '${$}{a}' } }, { 's3:prefix': '${a}' }, true, SPECIAL],
  [
    'in an ARN operator',
    { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:${aws:username}-*' } },
    { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:1:ada-x', 'aws:username': 'ada' },
    true,
    ARN,
  ],
  [
    'without a value in an ARN operator',
    { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:${aws:username}-*' } },
    { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:1:-x' },
    false,
    NO_VALUE,
  ],
];

testConditions('existence', existence);
testConditions('sets of values', sets);
testConditions('several values, keys and operators', several);
testConditions('policy variables', variables);

test.each([{ Version: '2008-10-17' }, {}])(`policy variables are plain text after %j (${VERSION})`, (head) => {
  const condition = { StringEquals: { 's3:prefix': '${aws:username}' } };
  expect(holds(condition, { 's3:prefix': '${aws:username}', 'aws:username': 'ada' }, head)).toBe(true);
  expect(holds(condition, { 's3:prefix': 'ada', 'aws:username': 'ada' }, head)).toBe(false);
});

describe('where AWS leaves it open, ours:', () => {
  test('several values for an operator without qualifier are refused, not guessed', () => {
    const condition = { StringEquals: { 'dynamodb:LeadingKeys': 'a' } };
    expect(holds(condition, { 'dynamodb:LeadingKeys': ['a'] })).toBe(true);
    expect(() => holds(condition, { 'dynamodb:LeadingKeys': ['a', 'b'] })).toThrow('dynamodb:leadingkeys without ForAllValues');
  });

  test('a key that comes twice, in different case, is refused', () => {
    expect(() => holds({ Null: { a: 'true' } }, { 'aws:RequestTag/a': 'x', 'aws:requesttag/A': 'y' })).toThrow('twice');
  });

  test('a value of another type than the operator is not met', () => {
    expect(holds({ NumericLessThan: { a: '10' } }, { a: 'few' })).toBe(false);
    expect(holds({ DateNotEquals: { a: noon } }, { a: 'now' })).toBe(true);
    expect(holds({ IpAddress: { a: '0.0.0.0/0' } }, { a: 'here' })).toBe(false);
    expect(holds({ ArnNotLike: { a: 'arn:aws:*:*:*:*' } }, { a: 'topic' })).toBe(true);
    expect(holds({ ArnLike: { a: '${aws:x}' } }, { a: 'topic', 'aws:x': 'topic' })).toBe(false);
  });

  test('a question mark stands for a whole Unicode character, a star also for line ends', () => {
    expect(holds({ StringLike: { a: '?' } }, { a: '🙂' })).toBe(true);
    expect(holds({ StringLike: { a: 'a*b' } }, { a: 'a\nb' })).toBe(true);
  });

  test('colons of the resource belong to the last component of an ARN', () => {
    const group = 'arn:aws:logs:eu-west-1:1:log-group:/app:stream';
    expect(holds({ ArnLike: { 'aws:SourceArn': 'arn:aws:logs:*:*:log-group:*' } }, { 'aws:SourceArn': group })).toBe(true);
    expect(
      holds({ ArnLike: { 'aws:SourceArn': 'arn:aws:logs:*:*:${aws:a}' } }, { 'aws:SourceArn': group, 'aws:a': 'log-group:/app:stream' }),
    ).toBe(true);
    expect(holds({ ArnLike: { 'aws:SourceArn': '${aws:a}' } }, { 'aws:SourceArn': group, 'aws:a': group })).toBe(true);
  });
});
