import { queryContract } from '../../lambdas/query/query.contract.ts';
import type { StackResource } from '../support/stack-resources.ts';
import type { Use } from './prices.ts';

const QUERIES = 1000;
/** A function waits for the model most of that time: 340 ms of Retrieve, some 300 tokens at 150 a second. Taken to be warm. */
const SECONDS = 2.5;
/** Reserve, count of the address's requests, settle: of items below 1 KB. */
const TABLE_WRITES = 3;
/** Of the question. */
const TOKENS = 20;
/** The access log's line, the function's own and its metrics. */
const LOG_BYTES = 2500;
/** An answer with its citations. */
const ANSWER_BYTES = 4000;

/** What 1,000 questions use, without the model that answers. Free allowances and the metrics' own price, which does not grow with them, left aside. */
export function queryUses(resources: readonly StackResource[]): Use[] {
  const fn = resources.find(
    ({ type, properties }) =>
      type === 'AWS::Lambda::Function' && JSON.stringify(properties['Environment']).includes(`"FUNCTION":"${queryContract.name}"`),
  );
  if (!fn) throw new Error('The templates have no function that answers.');
  const what = 'questions';
  const gigabytes = (QUERIES * LOG_BYTES) / 1e9;
  return [
    { meter: 'apiRequest', quantity: QUERIES, what },
    { meter: 'functionRequest', quantity: QUERIES, what },
    { meter: 'functionTime', quantity: (QUERIES * SECONDS * Number(fn.properties['MemorySize'])) / 1024, what },
    { meter: 'tableWrite', quantity: QUERIES * TABLE_WRITES, what },
    { meter: 'embeddedToken', quantity: QUERIES * TOKENS, what },
    { meter: 'vectorQuery', quantity: QUERIES, what },
    { meter: 'logsWritten', quantity: gigabytes, what },
    { meter: 'dataOut', quantity: (QUERIES * ANSWER_BYTES) / 1e9, what },
    ...(resources.some(({ type }) => type === 'AWS::WAFv2::WebACL') ? [{ meter: 'webAclRequest' as const, quantity: QUERIES, what }] : []),
    // Of a few at a time Lambda samples each; of many it is one a second and 5 % of the rest.
    ...(JSON.stringify(fn.properties['TracingConfig'] ?? '').includes('Active')
      ? [{ meter: 'trace' as const, quantity: QUERIES, what }]
      : []),
  ];
}
