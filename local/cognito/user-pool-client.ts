import { z } from 'zod';
import { notEmulated } from '../platform/call.ts';
import { type Attributes, isVerificationFlag } from './attributes.ts';
import { invalidParameter } from './refusals.ts';
import { flag, number } from './template-values.ts';

const SECONDS_PER = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
const unit = z.enum(['seconds', 'minutes', 'hours', 'days']);

/** How long tokens may live (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html). */
const VALIDITY_SECONDS = {
  shortLived: { min: 5 * 60, max: 86_400 },
  refresh: { min: 60 * 60, max: 315_360_000 },
} as const;

/** The flows that a client may state; the names from before `ALLOW_` are refused. */
const flow = z.enum([
  ...(['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] as const),
  ...(['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_USER_AUTH'] as const),
]);
export type AllowedFlow = z.output<typeof flow>;

/** What of `AWS::Cognito::UserPoolClient` is honoured, with CloudFormation's defaults. */
export const clientProperties = z.object({
  UserPoolId: z.string(),
  ClientName: z.string().optional(),
  ExplicitAuthFlows: z.array(flow).default(['ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH']),
  AccessTokenValidity: number.default(1),
  IdTokenValidity: number.default(1),
  RefreshTokenValidity: number.default(30),
  TokenValidityUnits: z
    .object({ AccessToken: unit.default('hours'), IdToken: unit.default('hours'), RefreshToken: unit.default('days') })
    .prefault({}),
  PreventUserExistenceErrors: z.enum(['ENABLED', 'LEGACY']).default('LEGACY'),
  EnableTokenRevocation: flag.default(true),
  RefreshTokenRotation: z
    .object({ Feature: z.enum(['ENABLED', 'DISABLED']).default('DISABLED'), RetryGracePeriodSeconds: number.min(0).max(60).default(0) })
    .prefault({}),
  /** Minutes that a challenge waits for its response. */
  AuthSessionValidity: number.min(3).max(15).default(3),
  GenerateSecret: flag.default(false),
  SupportedIdentityProviders: z.array(z.string()).default(['COGNITO']),
  /** Which attributes its users may see and change; all of them where the template states none. */
  ReadAttributes: z.array(z.string()).optional(),
  WriteAttributes: z.array(z.string()).optional(),
});
type ClientProperties = z.output<typeof clientProperties>;

/** An app client: through which a user signs in, and what the tokens are like. */
export class UserPoolClient {
  readonly id: string;
  readonly name: string;
  readonly properties: ClientProperties;
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenSeconds: number;

  /** Throws when the properties contradict each other or ask for what is not emulated. */
  constructor(id: string, name: string, properties: ClientProperties) {
    this.id = id;
    this.name = name;
    this.properties = properties;
    const units = properties.TokenValidityUnits;
    this.accessTokenSeconds = validity(properties.AccessTokenValidity, units.AccessToken, VALIDITY_SECONDS.shortLived);
    this.idTokenSeconds = validity(properties.IdTokenValidity, units.IdToken, VALIDITY_SECONDS.shortLived);
    this.refreshTokenSeconds = validity(properties.RefreshTokenValidity, units.RefreshToken, VALIDITY_SECONDS.refresh);
    if (this.rotatesRefreshTokens && this.allows('ALLOW_REFRESH_TOKEN_AUTH')) {
      throw invalidParameter('ALLOW_REFRESH_TOKEN_AUTH cannot be combined with refresh token rotation.');
    }
    if (properties.GenerateSecret) throw notEmulated('app clients with a secret (GenerateSecret)');
    const foreign = properties.SupportedIdentityProviders.find((provider) => provider !== 'COGNITO');
    if (foreign) throw notEmulated(`sign-in through the identity provider ${foreign}`);
  }

  allows(allowed: AllowedFlow): boolean {
    return this.properties.ExplicitAuthFlows.includes(allowed);
  }

  /** Whether unknown users must look like known ones. */
  get hidesWhoExists(): boolean {
    return this.properties.PreventUserExistenceErrors === 'ENABLED';
  }

  /** Nobody signs in to say that an address was verified. */
  mayWrite(name: string): boolean {
    return !isVerificationFlag(name) && (this.properties.WriteAttributes?.includes(name) ?? true);
  }

  /** What of a user's attributes is shown to the user, and put into the ID token. */
  readable(attributes: Attributes): Attributes {
    const shown = this.properties.ReadAttributes;
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => shown?.includes(name) ?? true));
  }

  get rotatesRefreshTokens(): boolean {
    return this.properties.RefreshTokenRotation.Feature === 'ENABLED';
  }

  get rotationGraceMs(): number {
    return this.properties.RefreshTokenRotation.RetryGracePeriodSeconds * 1000;
  }

  /** Revocation and rotation put `origin_jti` into the tokens (https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html). */
  get marksTokensWithOrigin(): boolean {
    return this.properties.EnableTokenRevocation || this.rotatesRefreshTokens;
  }

  get challengeLifetimeMs(): number {
    return this.properties.AuthSessionValidity * 60_000;
  }
}

function validity(value: number, unitName: keyof typeof SECONDS_PER, range: { min: number; max: number }): number {
  const seconds = value * SECONDS_PER[unitName];
  if (seconds < range.min || seconds > range.max) {
    throw invalidParameter(`Invalid range for token validity: ${value} ${unitName} is not within ${range.min} to ${range.max} seconds.`);
  }
  return seconds;
}
