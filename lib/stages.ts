import { STAGE_NAMES, type StageConfig, type StageName } from './stage-config.ts';

/** Where stages are unless their team says otherwise. */
export const REGION = 'eu-west-1';

/** In place of a stage's name: what an account needs once per region, before its first stage. */
export const ACCOUNT = 'account';

const dev: StageConfig = {
  name: 'dev',
  region: REGION,
  models: {
    default: 'claude-haiku-5-5',
    allowed: ['claude-haiku-5-5', 'claude-sonnet-5-5', 'nova-2-lite', 'nova-lite'],
    // Another maker's, so that what strikes one family need not strike the next.
    fallback: ['nova-2-lite', 'nova-lite'],
  },
  maxAnswerTokens: 800,
  quota: { daily: 50, monthly: 1000 },
  library: { manuals: 50, pages: 5000, uploadsPerDay: 20 },
  dailySpendCapDollars: 10,
  speech: {
    language: 'en-GB',
    languages: ['en-GB', 'en-US', 'de-DE', 'es-ES', 'fr-FR', 'it-IT', 'nl-NL', 'pl-PL', 'pt-PT', 'sv-SE'],
  },
  lambdaMemoryMiB: 256,
  tracing: false,
  logRetentionDays: 14,
  alarms: 'essential',
  corsOrigins: ['*'],
  selfSignUp: true,
  waf: false,
  ipAllowlist: [],
  maxBodyMiB: 5,
  rateLimits: { userPerMinute: 100, ipPerMinute: 1000 },
  requestSigning: false,
  errorRecordDays: 30,
  retryCeiling: { attempts: 3, baseDelaySeconds: 1, longestDelaySeconds: 30 },
  malwareScan: false,
  customerManagedKey: false,
  retainData: false,
  accessTokenHours: 1,
  refreshTokenDays: 30,
};

const prod: StageConfig = {
  ...dev,
  name: 'prod',
  quota: { daily: 100, monthly: 2000 },
  dailySpendCapDollars: 200,
  lambdaMemoryMiB: 512,
  tracing: true,
  logRetentionDays: 90,
  alarms: 'all',
  corsOrigins: [],
  waf: true,
  rateLimits: { userPerMinute: 50, ipPerMinute: 1000 },
  requestSigning: true,
  errorRecordDays: 90,
  retryCeiling: { attempts: 5, baseDelaySeconds: 2, longestDelaySeconds: 60 },
  malwareScan: true,
  customerManagedKey: true,
  retainData: true,
};

const staging: StageConfig = {
  ...prod,
  name: 'staging',
  dailySpendCapDollars: 20,
  logRetentionDays: 30,
  retainData: false,
};

/** The next model, for people who were asked to try it. */
const preview: StageConfig = {
  ...prod,
  name: 'preview',
  models: {
    default: 'claude-opus-5-5',
    allowed: ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'],
    fallback: ['claude-sonnet-5-5', 'claude-haiku-5-5'],
  },
  quota: { daily: 30, monthly: 500 },
  dailySpendCapDollars: 30,
  logRetentionDays: 30,
  selfSignUp: false,
  customerManagedKey: false,
  retainData: false,
  refreshTokenDays: 1,
};

const STAGES: Readonly<Record<StageName, StageConfig>> = { dev, staging, prod, preview };

/** The values of a stage. Throws a sentence that names the stages there are. */
export function stageConfig(name: string): StageConfig {
  if (!isStageName(name))
    throw new Error(`There is no stage "${name}". Stages: ${STAGE_NAMES.join(', ')}, and "${ACCOUNT}" for the account.`);
  return STAGES[name];
}

function isStageName(name: string): name is StageName {
  return (STAGE_NAMES as readonly string[]).includes(name);
}

/** A value that a team will want to give, and what the stage does without it. */
interface MissingValue {
  readonly value: string;
  readonly sentence: string;
}

/**
 * What a stage is without, though a team will want it. Of the development stage nothing is expected: anybody's page may call it, and
 * nobody is woken.
 */
export function missingValues({ name, alarmEmail, corsOrigins }: StageConfig): MissingValue[] {
  if (name === 'dev') return [];
  const inFile = `in stages/${name}.json`;
  return [
    ...(alarmEmail === undefined ? [{ value: 'alarmEmail', sentence: `Nobody is told of alarms. Name an "alarmEmail" ${inFile}.` }] : []),
    ...(corsOrigins.length === 0
      ? [{ value: 'corsOrigins', sentence: `No web page may call the API, apps only. Name "corsOrigins" ${inFile}.` }]
      : []),
  ];
}
