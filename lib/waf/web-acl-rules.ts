import type { CfnIPSet, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { manualsContract } from '../../lambdas/manuals/manuals.contract.ts';
import { queryContract } from '../../lambdas/query/query.contract.ts';
import type { RouteContract } from '../../lambdas/shared/function.contract.ts';
import { READS_PER_REQUEST } from '../../lambdas/shared/guard/guard.contract.ts';
import { transcribeContract } from '../../lambdas/transcribe/transcribe.contract.ts';
import type { StageConfig } from '../stage-config.ts';
import { ANONYMOUS_IPS, BODY_LABELS, COMMON_RULES, IP_REPUTATION, KNOWN_BAD_INPUTS, managed, SQL_INJECTION } from './managed-rules.ts';

type Statement = CfnWebACL.StatementProperty;
type Rule = Pick<CfnWebACL.RuleProperty, 'statement' | 'action' | 'overrideAction'>;

/** Routes that cost money each time: a model, Transcribe, storage. All are POST. */
const COSTLY_ROUTES: readonly RouteContract[] = [queryContract.routes.ask, transcribeContract.routes.start, manualsContract.routes.upload];
/**
 * Routes whose body is what a person asks or a recording. A question may well be about SQL, scripts or paths of files, and the text of
 * a recording in base64 holds any pattern sooner or later. Nothing behind these routes runs what they are sent.
 */
const FREE_BODY_ROUTES: readonly RouteContract[] = [queryContract.routes.ask, transcribeContract.routes.start];

/** The shortest window that AWS has: it stops a flood soonest, and forgives soonest. */
const WINDOW_SECONDS = 60;
/** Any 60 seconds touch two of the calendar minutes in which the functions count. */
const MINUTES_TOUCHED = 2;
/** Polls and reads have a limit of their own beside that of other requests. */
const SHARES_OF_LIMIT = 1 + READS_PER_REQUEST;
/** AWS's least. */
const LEAST_LIMIT = 10;

const BLOCK = { action: { block: {} } };

/**
 * The rules of a stage by name, in their order. What is blocked by one is not looked at by the next.
 *
 * The limits lie above all that the functions let through of one address, so that whoever keeps to those never meets these: a
 * function answers 429 and says when to come back, WAF 403. They are for floods, which cost a write to the table for each request
 * that only a function refuses. Addresses are counted over the API and the user pool together; signing in is a handful of calls.
 */
export function webAclRules({ rateLimits }: StageConfig, allowlist: readonly CfnIPSet[]): ReadonlyMap<string, Rule> {
  const most = rateLimits.ipPerMinute * MINUTES_TOUCHED;
  return new Map<string, Rule>([
    ...(allowlist.length > 0 ? ([['IpAllowlist', { statement: not(among(allowlist)), ...BLOCK }]] as const) : []),
    ['RatePerIp', { statement: ratePerIp(most * SHARES_OF_LIMIT), ...BLOCK }],
    ['CostlyRatePerIp', { statement: ratePerIp(most, and(isPost(), isOneOf(COSTLY_ROUTES))), ...BLOCK }],
    ['IpReputation', managed(IP_REPUTATION)],
    ['KnownBadInputs', managed(KNOWN_BAD_INPUTS)],
    ['CommonRules', managed(COMMON_RULES)],
    ['SqlInjection', managed(SQL_INJECTION)],
    // Of query strings, paths, headers and cookies the groups have blocked by themselves what they know, whatever the route.
    ['Bodies', { statement: and(or(BODY_LABELS.map(hasLabel)), isOfApi(), not(isOneOf(FREE_BODY_ROUTES))), ...BLOCK }],
    ['AnonymousIps', managed(ANONYMOUS_IPS)],
  ]);
}

const and = (...statements: Statement[]): Statement => ({ andStatement: { statements } });
const not = (statement: Statement): Statement => ({ notStatement: { statement } });
/** WAF refuses an OR of one. */
const or = (statements: Statement[]): Statement =>
  statements.length === 1 && statements[0] ? statements[0] : { orStatement: { statements } };

/** By the address that the connection came from: a header such as X-Forwarded-For says what its sender likes. */
const among = (sets: readonly CfnIPSet[]): Statement => or(sets.map(({ attrArn }) => ({ ipSetReferenceStatement: { arn: attrArn } })));

function ratePerIp(limit: number, scopeDownStatement?: Statement): Statement {
  return {
    rateBasedStatement: {
      limit: Math.max(limit, LEAST_LIMIT),
      evaluationWindowSec: WINDOW_SECONDS,
      aggregateKeyType: 'IP',
      ...(scopeDownStatement && { scopeDownStatement }),
    },
  };
}

/** Preflights of the same path cost nothing. */
function isPost(): Statement {
  return {
    byteMatchStatement: {
      fieldToMatch: { method: {} },
      textTransformations: [{ priority: 0, type: 'NONE' }],
      positionalConstraint: 'EXACTLY',
      searchString: 'POST',
    },
  };
}

/** Not a request to the user pool, whose base64 for signing in must not be taken for an attack: Cognito answers for what it is sent. */
function isOfApi(): Statement {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      textTransformations: [{ priority: 0, type: 'URL_DECODE' }],
      positionalConstraint: 'CONTAINS',
      searchString: '/api/',
    },
  };
}

/**
 * The path's end: before it comes the stage, or nothing under a domain of one's own, and API Gateway ignores slashes after it.
 * Percent-encoding is undone, so that nobody gets around it by an encoded letter.
 */
function isOneOf(routes: readonly RouteContract[]): Statement {
  const paths = routes.map(({ path }) => path.replaceAll(/[.\\+*?^$()[\]{}|]/g, '\\$&'));
  return {
    regexMatchStatement: {
      fieldToMatch: { uriPath: {} },
      textTransformations: [{ priority: 0, type: 'URL_DECODE' }],
      regexString: `(?:${paths.join('|')})/*$`,
    },
  };
}

const hasLabel = (key: string): Statement => ({ labelMatchStatement: { scope: 'LABEL', key } });
