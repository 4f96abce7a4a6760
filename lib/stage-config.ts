import ipaddr from 'ipaddr.js';
import { type StageModels, TEXT_MODEL_NAMES, type TextModelName, textModel } from '../lambdas/query/models.contract.ts';

/** The stages that there are; each is one set of values. */
export const STAGE_NAMES = ['dev', 'staging', 'prod', 'preview'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** What differs between stages. */
export interface StageConfig {
  readonly name: StageName;
  readonly region: string;
  /** The models that answer. */
  readonly models: StageModels;
  /** The longest answer, in tokens, including what a model reasons before it. */
  readonly maxAnswerTokens: number;
  /** Units per user. */
  readonly quota: { readonly daily: number; readonly monthly: number };
  /** What one user may keep, and start in a UTC day. */
  readonly library: { readonly manuals: number; readonly pages: number; readonly uploadsPerDay: number };
  /** What all users together may cost in a UTC day, as far as it is metered, before costly work is refused. */
  readonly dailySpendCapDollars: number;
  /** What is spoken where a recording does not say, and all that may be: Transcribe's language codes. */
  readonly speech: { readonly language: string; readonly languages: readonly string[] };
  /** Of every function but the ingestion worker. */
  readonly lambdaMemoryMiB: number;
  readonly tracing: boolean;
  readonly logRetentionDays: 14 | 30 | 90;
  /** Which alarms there are: all, or the few that matter most, of ten metrics at most. Beyond ten metrics they cost $0.10 each. */
  readonly alarms: 'essential' | 'all';
  /** Who is told of alarms; each is asked once by AWS whether they want to be. */
  readonly alarmEmail?: string;
  /** Pages of these origins may call the API and post forms: `*` for any, none for apps only. */
  readonly corsOrigins: readonly string[];
  readonly selfSignUp: boolean;
  /** An address that SES has verified in the region, from which users get their codes; Cognito's own, of 50 mails a day, when absent. */
  readonly emailSender?: string;
  /** Cognito's own sign-in pages. Without them there are no OAuth flows. */
  readonly signInDomain?: SignInDomain;
  /** Whether a web ACL stands before the API and the user pool. */
  readonly waf: boolean;
  /** The only addresses that may call, in CIDR notation; none for all. */
  readonly ipAllowlist: readonly string[];
  /** The largest body of a request that a function takes. API Gateway itself takes 10 MB. */
  readonly maxBodyMiB: number;
  /** Requests per calendar minute. Polls and reads have READS_PER_REQUEST times as many. */
  readonly rateLimits: { readonly userPerMinute: number; readonly ipPerMinute: number };
  /** Whether sensitive routes want a signed request. Nothing reads it yet. */
  readonly requestSigning: boolean;
  /** How long failures are kept. Nothing reads it yet. */
  readonly errorRecordDays: number;
  /** What no service's own strategy of retries may pass. Nothing reads it yet. */
  readonly retryCeiling: { readonly attempts: number; readonly baseDelaySeconds: number; readonly longestDelaySeconds: number };
  /** Whether uploads are scanned for malware, and only clean ones taken in. */
  readonly malwareScan: boolean;
  /** Whether topics and queues are encrypted with a key of our own, at $1 a month, rather than with AWS's. */
  readonly customerManagedKey: boolean;
  /** Whether the stage's data outlives its stacks, and the stacks resist deletion. */
  readonly retainData: boolean;
  readonly accessTokenHours: number;
  readonly refreshTokenDays: number;
}

/** Where Cognito serves its sign-in pages, and where they lead back to. */
interface SignInDomain {
  /** Of `https://<prefix>.auth.<region>.amazoncognito.com`; unique in a region, over all accounts. */
  readonly prefix: string;
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
}

interface Range {
  readonly least: number;
  readonly most: number;
  /** Whether fractions are fine. */
  readonly fractions?: true;
}

/** What each number may be. */
const RANGES: Readonly<Record<string, Range>> = {
  'quota.daily': { least: 1, most: 100_000 },
  'quota.monthly': { least: 1, most: 1_000_000 },
  'library.manuals': { least: 1, most: 10_000 },
  'library.pages': { least: 1, most: 1_000_000 },
  'library.uploadsPerDay': { least: 1, most: 10_000 },
  dailySpendCapDollars: { least: 0.0001, most: 10_000, fractions: true },
  // Lambda's own (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
  lambdaMemoryMiB: { least: 128, most: 10_240 },
  // Above it, Lambda's 6 MB for an event leave no room for the rest of the event.
  maxBodyMiB: { least: 1, most: 5 },
  'rateLimits.userPerMinute': { least: 1, most: 10_000 },
  'rateLimits.ipPerMinute': { least: 1, most: 100_000 },
  errorRecordDays: { least: 1, most: 3650 },
  'retryCeiling.attempts': { least: 1, most: 10 },
  'retryCeiling.baseDelaySeconds': { least: 0.1, most: 60, fractions: true },
  'retryCeiling.longestDelaySeconds': { least: 1, most: 900 },
  // Cognito takes 5 minutes to a day, and an hour to ten years; a session of over a year is nobody's wish.
  accessTokenHours: { least: 1, most: 24 },
  refreshTokenDays: { least: 1, most: 365 },
};

/** Throws a sentence that names a value which will not do, and what will. */
export function refuseOutOfRange(config: StageConfig): void {
  for (const [name, range] of Object.entries(RANGES)) refuseNumber(config, name, range);
  refuseModels(config);
  refuseOrder(config);
  refuseTexts(config);
}

function refuseNumber(config: StageConfig, name: string, { least, most, fractions }: Range): void {
  const value = name.split('.').reduce<unknown>((part, member) => (part as Record<string, unknown>)[member], config);
  if (typeof value === 'number' && value >= least && value <= most && (fractions || Number.isInteger(value))) return;
  throw refusal(config, name, value, `must be ${fractions ? '' : 'a whole number '}from ${least} to ${most}`);
}

/** What must not be more than something else. */
function refuseOrder(config: StageConfig): void {
  const { quota, rateLimits, retryCeiling, speech } = config;
  const pairs: [lesser: string, value: number, greater: string, bound: number][] = [
    ['quota.daily', quota.daily, 'quota.monthly', quota.monthly],
    ['rateLimits.userPerMinute', rateLimits.userPerMinute, 'rateLimits.ipPerMinute', rateLimits.ipPerMinute],
    ['retryCeiling.baseDelaySeconds', retryCeiling.baseDelaySeconds, 'retryCeiling.longestDelaySeconds', retryCeiling.longestDelaySeconds],
  ];
  for (const [lesser, value, greater, bound] of pairs) {
    if (value > bound) throw refusal(config, lesser, value, `must not be more than ${greater}, ${bound}`);
  }
  if (!speech.languages.includes(speech.language)) {
    throw refusal(config, 'speech.language', speech.language, `must be one of speech.languages: ${speech.languages.join(', ')}`);
  }
}

function refuseTexts(config: StageConfig): void {
  // The models' profiles keep requests within the European Union, and are there in its regions only.
  if (!/^eu-(central|north|south|west)-\d$/.test(config.region)) {
    throw refusal(config, 'region', config.region, 'must be a region of the European Union, such as eu-west-1');
  }
  for (const origin of config.corsOrigins) {
    if (!isOrigin(origin, config.corsOrigins.length)) {
      throw refusal(config, 'corsOrigins', origin, 'must be the origin of a page, such as https://app.example.com, or "*" alone');
    }
  }
  for (const range of config.ipAllowlist) {
    // A web ACL takes every range but /0.
    if (!ipaddr.isValidCIDR(range) || range.endsWith('/0')) {
      throw refusal(config, 'ipAllowlist', range, 'must be a range of addresses such as 203.0.113.0/24, and not all of them');
    }
  }
}

function isOrigin(text: string, howMany: number): boolean {
  if (text === '*') return howMany === 1;
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  return origin === text && (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost'));
}

/** The function may invoke the allowed models and no others, so whichever it may come to ask must be one of them. */
function refuseModels(config: StageConfig): void {
  const { models, maxAnswerTokens } = config;
  const { allowed, fallback } = models;
  refuseNames(config, 'allowed', allowed, TEXT_MODEL_NAMES);
  refuseNames(config, 'default', [models.default], allowed);
  refuseNames(config, 'fallback', fallback, allowed);
  const most = Math.min(...allowed.map((model) => textModel(model).maxOutputTokens));
  if (Number.isInteger(maxAnswerTokens) && maxAnswerTokens >= 1 && maxAnswerTokens <= most) return;
  throw refusal(config, 'maxAnswerTokens', maxAnswerTokens, `must be from 1 to ${most}, the most that each of its models takes`);
}

function refuseNames({ name }: StageConfig, member: string, names: readonly TextModelName[], known: readonly TextModelName[]): void {
  const problem = (what: string) => new RangeError(`models.${member} of the stage "${name}" ${what}; choose of ${known.join(', ')}.`);
  const unknown = names.find((model) => !known.includes(model));
  if (unknown !== undefined) throw problem(`names ${unknown}`);
  if (new Set(names).size < names.length) throw problem('names a model twice');
}

function refusal({ name: stage }: StageConfig, name: string, value: unknown, demand: string): RangeError {
  return new RangeError(`${name} of the stage "${stage}" is ${value}; it ${demand}.`);
}
