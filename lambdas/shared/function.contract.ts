import * as z from 'zod/mini';

/** What a function and the construct that deploys it agree upon. Imports neither CDK nor SDK. */
export interface FunctionContract<Environment extends EnvironmentShape = EnvironmentShape> {
  /** The capability's word, or the capability and the step: `query`, `manuals-ingestion`. */
  readonly name: string;
  /** Where its entry is, relative to `lambdas/`, without `.lambda.ts`. */
  readonly entry: string;
  readonly environment: Environment;
  readonly routes?: Readonly<Record<string, RouteContract>>;
}

/** Environment variables by name, each with the schema that parses its text. */
export type EnvironmentShape = Readonly<Record<string, z.ZodMiniType>>;

export interface RouteContract {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** API Gateway's form, such as `/api/manuals/{manual_id}`. */
  readonly path: string;
  /** `user` demands a Cognito access token. */
  readonly access: 'public' | 'user';
  /** The body's schema. API Gateway checks a shallow model of it, the function the whole. */
  readonly body?: z.ZodMiniType;
  /** Whether it reserves units: the request is then counted by the reservation. */
  readonly metered?: true;
  /** Whether API Gateway hands its answer on as it comes; a method has one transfer mode for all that it answers. */
  readonly streams?: true;
}

/** A non-empty text. */
export const text = () => z.string().check(z.minLength(1));

/** A whole number above zero, written in digits. */
export const positiveInteger = () =>
  z.pipe(
    z.string().check(z.regex(/^[1-9]\d*$/, 'must be a whole number above zero')),
    z.transform((digits: string) => Number(digits)),
  );

/** What every function has; Powertools reads the first three by itself. */
export const commonEnvironment = {
  POWERTOOLS_SERVICE_NAME: text(),
  POWERTOOLS_METRICS_NAMESPACE: text(),
  POWERTOOLS_LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
  FUNCTION: text(),
} as const;

/** What every function behind the API has besides. */
export const apiEnvironment = {
  ...commonEnvironment,
  USER_POOL_CLIENT_ID: text(),
  /** Separated by commas; empty where no page may call. */
  CORS_ORIGINS: z.string(),
} as const;
