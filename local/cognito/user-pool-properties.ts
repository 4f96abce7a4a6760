import { z } from 'zod';
import { notEmulated } from '../platform/call.ts';
import { isStandardAttribute } from './attributes.ts';
import { DEFAULT_PASSWORD_POLICY, type PasswordPolicy } from './password-policy.ts';
import { invalidParameter } from './refusals.ts';
import { SOFTWARE_TOKEN_MFA } from './software-token.ts';
import { flag, number } from './template-values.ts';

const passwordPolicy = z.object({
  MinimumLength: number.min(6).max(99),
  RequireLowercase: flag,
  RequireUppercase: flag,
  RequireNumbers: flag,
  RequireSymbols: flag,
  TemporaryPasswordValidityDays: number.default(DEFAULT_PASSWORD_POLICY.temporaryPasswordValidityDays),
  PasswordHistorySize: number.max(24).default(0),
});

const message = z.object({ EmailMessage: z.string().optional(), EmailSubject: z.string().optional() });

/** What of `AWS::Cognito::UserPool` is honoured, with CloudFormation's defaults. */
export const poolProperties = z.object({
  UserPoolName: z.string().optional(),
  UsernameAttributes: z.array(z.string()).default([]),
  UsernameConfiguration: z.object({ CaseSensitive: flag.default(true) }).prefault({}),
  AliasAttributes: z.array(z.string()).default([]),
  AutoVerifiedAttributes: z.array(z.string()).default([]),
  AdminCreateUserConfig: z
    .object({ AllowAdminCreateUserOnly: flag.default(false), InviteMessageTemplate: message.prefault({}) })
    .prefault({}),
  Policies: z.object({ PasswordPolicy: passwordPolicy.optional() }).prefault({}),
  Schema: z.array(z.object({ Name: z.string(), Required: flag.default(false), Mutable: flag.default(true) })).default([]),
  MfaConfiguration: z.enum(['OFF', 'OPTIONAL', 'ON']).default('OFF'),
  EnabledMfas: z.array(z.string()).default([]),
  UserAttributeUpdateSettings: z.object({ AttributesRequireVerificationBeforeUpdate: z.array(z.string()).default([]) }).prefault({}),
  AccountRecoverySetting: z.object({ RecoveryMechanisms: z.array(z.object({ Name: z.string() })).default([]) }).optional(),
  EmailVerificationMessage: z.string().optional(),
  EmailVerificationSubject: z.string().optional(),
  VerificationMessageTemplate: message
    .extend({ DefaultEmailOption: z.enum(['CONFIRM_WITH_CODE', 'CONFIRM_WITH_LINK']).default('CONFIRM_WITH_CODE') })
    .prefault({}),
});
export type PoolProperties = z.output<typeof poolProperties>;

/** Throws, by name, for what a pool may demand and this one could not do. */
export function refuseWhatPoolsCannotDo(properties: PoolProperties): void {
  const { UsernameAttributes, AliasAttributes, Schema, VerificationMessageTemplate, AccountRecoverySetting } = properties;
  const { EnabledMfas, MfaConfiguration } = properties;
  if (UsernameAttributes.length !== 1 || UsernameAttributes[0] !== 'email' || AliasAttributes.length > 0) {
    throw notEmulated('user pools that sign in by anything but e-mail alone (UsernameAttributes ["email"])');
  }
  const custom = Schema.find(({ Name }) => !isStandardAttribute(Name));
  if (custom) throw notEmulated(`the custom user attribute ${custom.Name}`);
  const factor = EnabledMfas.find((name) => name !== SOFTWARE_TOKEN_MFA);
  if (factor) throw notEmulated(`the second factor ${factor} (EnabledMfas)`);
  if (MfaConfiguration === 'ON' && EnabledMfas.length === 0)
    throw invalidParameter('MfaConfiguration ON needs a second factor (EnabledMfas).');
  if (VerificationMessageTemplate.DefaultEmailOption === 'CONFIRM_WITH_LINK') throw notEmulated('confirmation by link');
  const recovery = AccountRecoverySetting?.RecoveryMechanisms ?? [];
  if (recovery.length > 0 && !recovery.some(({ Name }) => Name === 'verified_email')) {
    throw notEmulated('account recovery other than by verified_email');
  }
}

export function passwordPolicyOf(properties: PoolProperties): PasswordPolicy {
  const stated = properties.Policies.PasswordPolicy;
  if (!stated) return DEFAULT_PASSWORD_POLICY;
  return {
    minimumLength: stated.MinimumLength,
    requireLowercase: stated.RequireLowercase,
    requireUppercase: stated.RequireUppercase,
    requireNumbers: stated.RequireNumbers,
    requireSymbols: stated.RequireSymbols,
    temporaryPasswordValidityDays: stated.TemporaryPasswordValidityDays,
    historySize: stated.PasswordHistorySize,
  };
}
