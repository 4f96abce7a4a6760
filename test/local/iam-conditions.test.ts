// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are policy variables.
import { CONDITION_OPERATORS, type ConditionCase, holds, testConditions, USER_GUIDE } from './iam-condition-cases.ts';

const STRING = `${CONDITION_OPERATORS}#Conditions_String`;
const NUMERIC = `${CONDITION_OPERATORS}#Conditions_Numeric`;
const DATE = `${CONDITION_OPERATORS}#Conditions_Date`;
const BOOLEAN = `${CONDITION_OPERATORS}#Conditions_Boolean`;
const BINARY = `${CONDITION_OPERATORS}#Conditions_BinaryEquals`;
const ADDRESS = `${CONDITION_OPERATORS}#Conditions_IPAddress`;
const ARN = `${CONDITION_OPERATORS}#Conditions_ARN`;
const IF_EXISTS = `${CONDITION_OPERATORS}#Conditions_IfExists`;
const CONDITION = `${USER_GUIDE}/reference_policies_elements_condition.html`;

const strings: ConditionCase[] = [
  ['the same text', { StringEquals: { 'aws:username': 'johndoe' } }, { 'aws:username': 'johndoe' }, true, CONDITION],
  ['other case', { StringEquals: { 'aws:username': 'johndoe' } }, { 'aws:username': 'JohnDoe' }, false, CONDITION],
  ['other case of the key', { StringEquals: { 'aws:SourceVpc': 'v' } }, { 'AWS:sourcevpc': 'v' }, true, CONDITION],
  ['a wildcard, which is none here', { StringEquals: { 's3:prefix': 'a*' } }, { 's3:prefix': 'ab' }, false, STRING],
  ['no key', { StringEquals: { 'aws:PrincipalTag/job': 'admin' } }, {}, false, STRING],
  ['StringNotEquals: other text', { StringNotEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'b' }, true, STRING],
  ['StringNotEquals: the same text', { StringNotEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'a' }, false, STRING],
  ['StringNotEquals: no key', { StringNotEquals: { 's3:prefix': 'a' } }, {}, true, CONDITION_OPERATORS],
  ['ignoring case', { StringEqualsIgnoreCase: { 'aws:username': 'johndoe' } }, { 'aws:username': 'JohnDoe' }, true, CONDITION],
  ['ignoring case, other text', { StringEqualsIgnoreCase: { 'aws:username': 'johndoe' } }, { 'aws:username': 'jane' }, false, STRING],
  ['not, ignoring case', { StringNotEqualsIgnoreCase: { 'aws:username': 'ada' } }, { 'aws:username': 'ADA' }, false, STRING],
  ['not, ignoring case, other text', { StringNotEqualsIgnoreCase: { 'aws:username': 'ada' } }, { 'aws:username': 'bob' }, true, STRING],
  ['StringLike: a star', { StringLike: { 's3:prefix': 'janedoe/*' } }, { 's3:prefix': 'janedoe/a/b' }, true, STRING],
  ['StringLike: a star for nothing', { StringLike: { 's3:prefix': 'janedoe/*' } }, { 's3:prefix': 'janedoe/' }, true, STRING],
  ['StringLike: a question mark', { StringLike: { 's3:prefix': 'v?' } }, { 's3:prefix': 'v1' }, true, STRING],
  ['StringLike: a question mark is one character', { StringLike: { 's3:prefix': 'v?' } }, { 's3:prefix': 'v12' }, false, STRING],
  ['StringLike: without wildcards, a part', { StringLike: { 's3:prefix': 'home' } }, { 's3:prefix': 'home/x' }, false, STRING],
  ['StringLike: case', { StringLike: { 's3:prefix': 'Home*' } }, { 's3:prefix': 'home/' }, false, STRING],
  ['StringLike: a dot is a dot', { StringLike: { 'ec2:InstanceType': 't1.*' } }, { 'ec2:InstanceType': 't1xmicro' }, false, IF_EXISTS],
  ['StringLike: empty text', { StringLike: { 's3:prefix': ['', 'home/'] } }, { 's3:prefix': '' }, true, STRING],
  ['StringNotLike: a match', { StringNotLike: { 's3:prefix': 'a*' } }, { 's3:prefix': 'abc' }, false, STRING],
  ['StringNotLike: no match', { StringNotLike: { 's3:prefix': 'a*' } }, { 's3:prefix': 'bc' }, true, STRING],
  ['StringNotLike: no key', { StringNotLike: { 's3:prefix': 'a*' } }, {}, true, CONDITION_OPERATORS],
];

const numbers: ConditionCase[] = [
  ['NumericEquals: another spelling', { NumericEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '10.0' }, true, NUMERIC],
  ['NumericEquals: another number', { NumericEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '11' }, false, NUMERIC],
  ['NumericNotEquals: another number', { NumericNotEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '11' }, true, NUMERIC],
  ['NumericNotEquals: the number', { NumericNotEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '10' }, false, NUMERIC],
  ['NumericLessThan: as a number, not as text', { NumericLessThan: { 's3:max-keys': '10' } }, { 's3:max-keys': '9' }, true, NUMERIC],
  ['NumericLessThan: the bound', { NumericLessThan: { 's3:TlsVersion': 1.2 } }, { 's3:TlsVersion': '1.2' }, false, NUMERIC],
  ['NumericLessThanEquals: the bound', { NumericLessThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '10' }, true, NUMERIC],
  ['NumericLessThanEquals: above', { NumericLessThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '11' }, false, NUMERIC],
  ['NumericGreaterThan: above', { NumericGreaterThan: { 's3:max-keys': '10' } }, { 's3:max-keys': '100' }, true, NUMERIC],
  ['NumericGreaterThan: the bound', { NumericGreaterThan: { 's3:max-keys': '10' } }, { 's3:max-keys': '10' }, false, NUMERIC],
  ['NumericGreaterThanEquals: the bound', { NumericGreaterThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '10' }, true, NUMERIC],
  ['NumericGreaterThanEquals: below', { NumericGreaterThanEquals: { 's3:max-keys': '10' } }, { 's3:max-keys': '9.5' }, false, NUMERIC],
  ['no number to compare', { NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '3600' } }, {}, false, CONDITION],
];

const noon = '2026-11-20T12:00:00Z';
const dates: ConditionCase[] = [
  [
    'DateEquals: another time zone',
    { DateEquals: { 'aws:CurrentTime': '2026-11-20T13:00:00+01:00' } },
    { 'aws:CurrentTime': noon },
    true,
    DATE,
  ],
  ['DateEquals: a second later', { DateEquals: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': '2026-11-20T12:00:01Z' }, false, DATE],
  [
    'DateNotEquals: a second later',
    { DateNotEquals: { 'aws:CurrentTime': noon } },
    { 'aws:CurrentTime': '2026-11-20T12:00:01Z' },
    true,
    DATE,
  ],
  ['DateNotEquals: the time', { DateNotEquals: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': noon }, false, DATE],
  ['DateLessThan: before a day', { DateLessThan: { 'aws:CurrentTime': '2026-11-21' } }, { 'aws:CurrentTime': noon }, true, DATE],
  ['DateLessThan: the time', { DateLessThan: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': noon }, false, DATE],
  ['DateLessThanEquals: the time', { DateLessThanEquals: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': noon }, true, DATE],
  ['DateLessThanEquals: after', { DateLessThanEquals: { 'aws:CurrentTime': '2026-11' } }, { 'aws:CurrentTime': noon }, false, DATE],
  [
    'DateGreaterThan: after',
    { DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:01Z' } },
    { 'aws:TokenIssueTime': noon },
    true,
    DATE,
  ],
  ['DateGreaterThan: no key', { DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:01Z' } }, {}, false, DATE],
  ['DateGreaterThan: the time', { DateGreaterThan: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': noon }, false, DATE],
  ['DateGreaterThanEquals: the time', { DateGreaterThanEquals: { 'aws:CurrentTime': noon } }, { 'aws:CurrentTime': noon }, true, DATE],
  [
    'DateGreaterThanEquals: before',
    { DateGreaterThanEquals: { 'aws:CurrentTime': noon } },
    { 'aws:CurrentTime': '2026-11-20' },
    false,
    DATE,
  ],
  ['seconds since 1970 as a bound', { DateLessThan: { 'aws:CurrentTime': 1795176001 } }, { 'aws:CurrentTime': noon }, true, DATE],
  ['seconds since 1970 in the request', { DateLessThan: { 'aws:EpochTime': noon } }, { 'aws:EpochTime': '1795176000' }, false, DATE],
];

const others: ConditionCase[] = [
  ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'false' }, true, BOOLEAN],
  ['Bool: the other', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false, BOOLEAN],
  [
    'Bool: without quotes',
    { Bool: { 'aws:SecureTransport': true } },
    { 'aws:SecureTransport': 'true' },
    true,
    `${USER_GUIDE}/reference_policies_grammar.html`,
  ],
  ['Bool: no key', { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, {}, false, BOOLEAN],
  ['BinaryEquals', { BinaryEquals: { key: 'QmluYXJ5VmFsdWVJbkJhc2U2NA==' } }, { key: 'QmluYXJ5VmFsdWVJbkJhc2U2NA==' }, true, BINARY],
  ['BinaryEquals: other bytes', { BinaryEquals: { key: 'QmluYXJ5VmFsdWVJbkJhc2U2NA==' } }, { key: 'QmluYXJ5' }, false, BINARY],
  ['IpAddress: within', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { 'aws:SourceIp': '203.0.113.255' }, true, ADDRESS],
  ['IpAddress: beyond', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { 'aws:SourceIp': '203.0.114.0' }, false, ADDRESS],
  ['IpAddress: one address is a /32', { IpAddress: { 'aws:SourceIp': '203.0.113.7' } }, { 'aws:SourceIp': '203.0.113.7' }, true, ADDRESS],
  ['IpAddress: the next address', { IpAddress: { 'aws:SourceIp': '203.0.113.7' } }, { 'aws:SourceIp': '203.0.113.8' }, false, ADDRESS],
  [
    'IpAddress: version 6 among 4',
    { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:DB8:1234:5678::/64'] } },
    { 'aws:SourceIp': '2001:db8:1234:5678::9' },
    true,
    ADDRESS,
  ],
  [
    'IpAddress: beyond in version 6',
    { IpAddress: { 'aws:SourceIp': '2001:DB8:1234:5678::/64' } },
    { 'aws:SourceIp': '2001:db8:1234:5679::9' },
    false,
    ADDRESS,
  ],
  [
    'NotIpAddress: beyond both',
    { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '203.0.113.0/24'] } },
    { 'aws:SourceIp': '198.51.100.1' },
    true,
    `${USER_GUIDE}/reference_policies_examples_aws_deny-ip.html`,
  ],
  [
    'NotIpAddress: within one',
    { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '203.0.113.0/24'] } },
    { 'aws:SourceIp': '203.0.113.1' },
    false,
    `${USER_GUIDE}/reference_policies_examples_aws_deny-ip.html`,
  ],
];

const finance = 'arn:aws:someservice:*:111122223333:finance/*';
const store = 'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt';
const topic = 'arn:aws:sns:eu-west-1:123456789012:topic';
const arns: ConditionCase[] = [
  ['ArnEquals: the same', { ArnEquals: { 'aws:SourceArn': topic } }, { 'aws:SourceArn': topic }, true, ARN],
  ['ArnEquals: other case', { ArnEquals: { 'aws:SourceArn': topic } }, { 'aws:SourceArn': topic.replace('topic', 'Topic') }, false, ARN],
  [
    'ArnEquals: takes wildcards',
    { ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:*:123456789012:t?pic' } },
    { 'aws:SourceArn': topic },
    true,
    ARN,
  ],
  ['ArnEquals: no key', { ArnEquals: { 'aws:SourceArn': topic } }, {}, false, ARN],
  [
    'ArnLike: within components',
    { ArnLike: { 'aws:SourceArn': finance } },
    { 'aws:SourceArn': 'arn:aws:someservice:us-east-2:111122223333:finance/a' },
    true,
    ARN,
  ],
  ['ArnLike: a star stops at a colon', { ArnLike: { 'aws:SourceArn': finance } }, { 'aws:SourceArn': store }, false, ARN],
  ['StringLike: a star does not', { StringLike: { 'aws:SourceArn': finance } }, { 'aws:SourceArn': store }, true, ARN],
  ['ArnNotEquals: another', { ArnNotEquals: { 'aws:SourceArn': topic } }, { 'aws:SourceArn': `${topic}2` }, true, ARN],
  ['ArnNotEquals: the same', { ArnNotEquals: { 'aws:SourceArn': topic } }, { 'aws:SourceArn': topic }, false, ARN],
  ['ArnNotLike: a match', { ArnNotLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:*' } }, { 'aws:SourceArn': topic }, false, ARN],
  ['ArnNotLike: no match', { ArnNotLike: { 'aws:SourceArn': 'arn:aws:sqs:*:*:*' } }, { 'aws:SourceArn': topic }, true, ARN],
  ['ArnNotLike: no key', { ArnNotLike: { 'aws:SourceArn': topic } }, {}, true, CONDITION_OPERATORS],
];

testConditions('text', strings);
testConditions('numbers', numbers);
testConditions('dates', dates);
testConditions('booleans, bytes and addresses', others);
testConditions('ARNs', arns);

test.each([
  ['an unknown operator', { StringResembles: { a: 'x' } }, 'there is no condition operator "StringResembles"'],
  ['an operator in other case', { stringequals: { a: 'x' } }, 'there is no condition operator "stringequals"'],
  ['an unknown qualifier', { 'ForEachValue:StringEquals': { a: 'x' } }, 'there is no condition operator "ForEachValue:StringEquals"'],
  ['IfExists of Null', { NullIfExists: { a: 'true' } }, 'Condition NullIfExists of a: Null takes neither'],
  ['Null of something else', { Null: { a: 'maybe' } }, 'Null takes "true" or "false"'],
  ['text for a number', { NumericEquals: { a: 'ten' } }, '"ten" is not a number'],
  ['a variable for a number', { NumericEquals: { a: '${aws:x}' } }, '"${aws:x}" is not a number'],
  ['a year, which could be seconds', { DateEquals: { a: '2026' } }, '"2026" is not a date'],
  ['an impossible date', { DateEquals: { a: '2026-13-01' } }, '"2026-13-01" is not a date'],
  ['a boolean that is none', { Bool: { a: 'yes' } }, '"yes" is neither'],
  ['bytes that are not base64', { BinaryEquals: { a: 'no!' } }, '"no!" is not base64'],
  ['an address that is none', { IpAddress: { a: '203.0.113.0/33' } }, '"203.0.113.0/33" is not an address'],
  ['an IPv6 address without prefix', { IpAddress: { a: '2001:db8::1' } }, 'needs a prefix'],
  ['an ARN that is none', { ArnLike: { a: '*' } }, '"*" is not an ARN'],
  ['half an ARN', { ArnLike: { a: 'arn:aws:sns:*' } }, 'fewer than 6 components'],
  ['an open variable', { StringEquals: { a: '${aws:x' } }, 'no closing brace'],
  ['an empty variable', { StringEquals: { a: '${}' } }, '"${}" is not a policy variable'],
  ['no values', { StringEquals: { a: [] } }, 'Condition StringEquals of a has no values'],
  ['an object for a value', { StringEquals: { a: { Ref: 'X' } } }, 'neither text, number nor boolean: {"Ref":"X"}'],
  ['a list for a block', { StringEquals: ['a'] }, 'StringEquals is not an object'],
])('a policy with %s is refused by name', (_, condition, sentence) => {
  expect(() => holds(condition, {})).toThrow(sentence);
  expect(() => holds(condition, {})).toThrow('Policy P: statement 1: ');
});
