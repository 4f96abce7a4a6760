import type { MetricIdentity } from '../../local/cloudwatch/metric-store.ts';
import { readSearch } from '../../local/cloudwatch/search-expression.ts';

const METRICS: Readonly<Record<string, MetricIdentity>> = {
  errors: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'Manuel-prod-api' } },
  invocations: { namespace: 'AWS/Lambda', name: 'Invocations', dimensions: { FunctionName: 'Manuel-prod-api' } },
  longer: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'Manuel-prod-api-2' } },
  underscored: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'Manuel_prod_api' } },
  lowercase: { namespace: 'AWS/Lambda', name: 'errors', dimensions: { FunctionName: 'manuel-prod-api' } },
  special: { namespace: 'AWS/Lambda', name: 'Other', dimensions: { FunctionName: 'Europe\\France "Traffic"(Network)' } },
  account: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: {} },
  elsewhere: { namespace: 'AWS/SQS', name: 'Errors', dimensions: { FunctionName: 'Manuel-prod-api' } },
};

const search = (terms: string) => `SEARCH('{AWS/Lambda,FunctionName}${terms}', 'Sum', 300)`;

function found(terms: string): string[] {
  const { matches } = readSearch(search(terms));
  return Object.keys(METRICS).filter((name) => matches(METRICS[name] as MetricIdentity));
}

test.each([
  ['nothing but its schema', '', ['errors', 'invocations', 'longer', 'underscored', 'lowercase', 'special']],
  ['a value of a property, in its very letters', ' MetricName="Errors"', ['errors', 'longer', 'underscored']],
  ['a whole name, not what begins with it', ' FunctionName="Manuel-prod-api"', ['errors', 'invocations']],
  ['a value of any property, a comma after the schema', ', "Manuel-prod-api"', ['errors', 'invocations']],
  ['the name of a dimension', ' "FunctionName" MetricName="Other"', ['special']],
  ['the namespace', ' Namespace="AWS/Lambda" MetricName="Other"', ['special']],
  ['one and the other', ' "Errors" AND "Manuel-prod-api"', ['errors']],
  ['one or the other', ' "Invocations" OR "Other"', ['invocations', 'special']],
  ['one, and of others any', ' MetricName="Errors" ("Manuel-prod-api" OR "Manuel-prod-api-2")', ['errors', 'longer']],
  ['groups within groups', ' MetricName="Other" OR (MetricName="Errors" AND ("Manuel_prod_api" OR "none"))', ['underscored', 'special']],
  ['what is not', ' MetricName="Errors" NOT "Manuel-prod-api" NOT FunctionName="Manuel_prod_api"', ['longer']],
  ['none of a group', ' NOT (MetricName="Errors" OR MetricName="Other")', ['invocations', 'lowercase']],
  ['characters that are escaped', String.raw` FunctionName="Europe\\France \"Traffic\"\(Network\)"`, ['special']],
])('a search for %s', (_, terms, names) => {
  expect(found(terms)).toEqual(names);
});

test.each([
  ['a part of a value', ' FunctionName=Manuel-prod-api', '"Manuel-prod-api" in the search expression'],
  ['a part of any value', ' Manuel', '"Manuel" in the search expression'],
  ['an operator in other letters', ' "Errors" or "Other"', '"or" in the search expression'],
  ['what AWS does not rank', ' "a" "b" OR "c"', 'AND beside OR without parentheses'],
  ['an account', ' :aws.AccountId="LOCAL"', '":aws.AccountId" in the search expression'],
  ['an open group', ' ("a" OR "b"', 'the end of the search expression'],
  ['a group that nothing opened', ' "a")', '")" in the search expression'],
  ['parentheses that are not escaped', ' "Traffic(Network)"', '"\\"Traffic(Network)\\"" in the search expression'],
])('is refused by name: %s', (_, terms, message) => {
  expect(() => found(terms)).toThrow(message.replaceAll('\\"', '"'));
});
