import type { TextModelName } from '../lambdas/query/models.contract.ts';

/** The stages that there are to be; each is one set of values. */
type StageName = 'dev' | 'staging' | 'prod' | 'preview';

/** What differs between stages. */
export interface StageConfig {
  readonly name: StageName;
  readonly region: string;
  readonly textModel: TextModelName;
  /** The longest answer, in tokens. */
  readonly maxAnswerTokens: number;
  /** Units per user. */
  readonly quota: { readonly daily: number; readonly monthly: number };
  /** What one user may keep, and start in a UTC day. */
  readonly library: { readonly manuals: number; readonly pages: number; readonly uploadsPerDay: number };
  /** What all users together may cost in a UTC day, as far as it is metered, before costly work is refused. */
  readonly dailySpendCapDollars: number;
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
  textModel: 'claude-haiku-5-5',
  maxAnswerTokens: 800,
  quota: { daily: 50, monthly: 1000 },
  library: { manuals: 50, pages: 5000, uploadsPerDay: 20 },
  dailySpendCapDollars: 10,
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
export function refuseOutOfRange({ name, dailySpendCapDollars }: StageConfig): void {
  const { least, most } = SPEND_CAP_DOLLARS;
  if (dailySpendCapDollars >= least && dailySpendCapDollars <= most) return;
  throw new RangeError(`dailySpendCapDollars of the stage "${name}" is ${dailySpendCapDollars}; it must be from ${least} to ${most}.`);
}

/** The values of a stage. Throws a sentence that names the stages there are. */
export function stageConfig(name: string): StageConfig {
  const config = STAGES[name as StageName];
  if (!config) throw new Error(`There is no stage "${name}". Stages: ${Object.keys(STAGES).join(', ')}.`);
  return config;
}
