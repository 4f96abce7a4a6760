import { type StageModels, TEXT_MODEL_NAMES, type TextModelName, textModel } from '../lambdas/query/models.contract.ts';

/** The stages that there are to be; each is one set of values. */
type StageName = 'dev' | 'staging' | 'prod' | 'preview';

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
  readonly corsOrigins: readonly string[];
  readonly selfSignUp: boolean;
  /** Whether uploads are scanned for malware, and only clean ones taken in. */
  readonly malwareScan: boolean;
  /** Whether the stage's data outlives its stacks, and the stacks resist deletion. */
  readonly retainData: boolean;
  readonly accessTokenHours: number;
  readonly refreshTokenDays: number;
}

const dev: StageConfig = {
  name: 'dev',
  region: 'eu-west-1',
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
  corsOrigins: ['*'],
  selfSignUp: true,
  malwareScan: false,
  retainData: false,
  accessTokenHours: 1,
  refreshTokenDays: 30,
};

const STAGES: Readonly<Partial<Record<StageName, StageConfig>>> = { dev };

/** What a cap may be, in dollars. */
const SPEND_CAP_DOLLARS = { least: 0.0001, most: 10_000 };

/** Throws a sentence that names a value which is out of its range, and the range. */
export function refuseOutOfRange(config: StageConfig): void {
  refuseSpendCap(config);
  refuseModels(config);
}

function refuseSpendCap({ name, dailySpendCapDollars }: StageConfig): void {
  const { least, most } = SPEND_CAP_DOLLARS;
  if (dailySpendCapDollars >= least && dailySpendCapDollars <= most) return;
  throw new RangeError(`dailySpendCapDollars of the stage "${name}" is ${dailySpendCapDollars}; it must be from ${least} to ${most}.`);
}

/** The function may invoke the allowed models and no others, so whichever it may come to ask must be one of them. */
function refuseModels({ name, models, maxAnswerTokens }: StageConfig): void {
  const { allowed, fallback } = models;
  refuseNames(name, 'allowed', allowed, TEXT_MODEL_NAMES);
  refuseNames(name, 'default', [models.default], allowed);
  refuseNames(name, 'fallback', fallback, allowed);
  const most = Math.min(...allowed.map((model) => textModel(model).maxOutputTokens));
  if (Number.isInteger(maxAnswerTokens) && maxAnswerTokens >= 1 && maxAnswerTokens <= most) return;
  throw new RangeError(
    `maxAnswerTokens of the stage "${name}" is ${maxAnswerTokens}; it must be from 1 to ${most}, the most that each of its models takes.`,
  );
}

function refuseNames(stage: string, member: string, names: readonly TextModelName[], known: readonly TextModelName[]): void {
  const problem = (what: string) => new RangeError(`models.${member} of the stage "${stage}" ${what}; choose of ${known.join(', ')}.`);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw problem(`names ${unknown}`);
  if (new Set(names).size < names.length) throw problem('names a model twice');
}

/** The values of a stage. Throws a sentence that names the stages there are. */
export function stageConfig(name: string): StageConfig {
  const config = STAGES[name as StageName];
  if (!config) throw new Error(`There is no stage "${name}". Stages: ${Object.keys(STAGES).join(', ')}.`);
  return config;
}
