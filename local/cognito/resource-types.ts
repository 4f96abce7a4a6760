import { createHash, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import { generatedName } from '../platform/names.ts';
import type { ResourceType, TemplateResource } from '../platform/service.ts';
import type { State } from '../platform/state.ts';
import { invalidParameter, resourceNotFound } from './refusals.ts';
import { SigningKey } from './signing-key.ts';
import { readProperties } from './template-values.ts';
import { UserPool } from './user-pool.ts';
import { clientProperties, UserPoolClient } from './user-pool-client.ts';
import { poolProperties, refuseWhatPoolsCannotDo } from './user-pool-properties.ts';
import type { UserPools } from './user-pools.ts';

/** The longest name of a pool or a client (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html). */
const MAX_NAME_LENGTH = 128;
const ALPHANUMERICS = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const NO_SMS = 'no text message is ever sent: every code goes by e-mail, to the outbox';

/** What is stored of a pool itself. */
interface StoredPool {
  readonly createdAtMs: number;
  readonly signingKey: JWK;
  readonly phantomSecret: string;
}

export function userPoolType(pools: UserPools, options: { clock: Clock; region: string; state: State }): ResourceType {
  const storedPools = options.state.map<StoredPool>('cognito-pools');
  return {
    type: 'AWS::Cognito::UserPool',
    honours: [
      'UserPoolName',
      'UsernameAttributes',
      'UsernameConfiguration.CaseSensitive',
      'AliasAttributes',
      'AutoVerifiedAttributes',
      'AdminCreateUserConfig.AllowAdminCreateUserOnly',
      'AdminCreateUserConfig.InviteMessageTemplate.EmailMessage',
      'AdminCreateUserConfig.InviteMessageTemplate.EmailSubject',
      'Policies.PasswordPolicy',
      'Schema',
      'MfaConfiguration',
      'EnabledMfas',
      'UserAttributeUpdateSettings',
      'AccountRecoverySetting',
      'EmailVerificationMessage',
      'EmailVerificationSubject',
      'VerificationMessageTemplate.DefaultEmailOption',
      'VerificationMessageTemplate.EmailMessage',
      'VerificationMessageTemplate.EmailSubject',
    ],
    inert: {
      UserPoolTier: 'the plan sets the price; a feature that is not emulated is refused by its own name',
      UserPoolTags: 'tags steer billing and policies, not sign-in',
      DeletionProtection: 'no operation here deletes a pool',
      EmailConfiguration: 'mail goes to the outbox, not through SES',
      SmsConfiguration: NO_SMS,
      SmsVerificationMessage: NO_SMS,
      SmsAuthenticationMessage: NO_SMS,
      'VerificationMessageTemplate.SmsMessage': NO_SMS,
      'AdminCreateUserConfig.InviteMessageTemplate.SMSMessage': NO_SMS,
    },
    replacedOn: ['UsernameAttributes', 'AliasAttributes', 'UsernameConfiguration.CaseSensitive'],
    create: async (resource) => {
      const properties = readProperties(resource, poolProperties);
      refuseWhatPoolsCannotDo(properties);
      const id = `${options.region}_${identifier(resource, 9, ALPHANUMERICS)}`;
      const stored = storedPools.get(id) ?? {
        createdAtMs: options.clock.now(),
        signingKey: await SigningKey.generate(),
        phantomSecret: randomBytes(32).toString('hex'),
      };
      storedPools.set(id, stored);
      const pool = pools.find(id) ?? new UserPool({ ...options, ...stored, id, signingKey: await SigningKey.of(stored.signingKey) });
      pool.configure(properties.UserPoolName ?? generatedName(resource.stackName, resource.logicalId, MAX_NAME_LENGTH), properties);
      pools.add(pool);
      return {
        ref: id,
        attributes: { Arn: pool.arn, ProviderName: pool.issuer.replace('https://', ''), ProviderURL: pool.issuer, UserPoolId: id },
      };
    },
  };
}

export function userPoolClientType(pools: UserPools): ResourceType {
  return {
    type: 'AWS::Cognito::UserPoolClient',
    honours: [
      'UserPoolId',
      'ClientName',
      'ExplicitAuthFlows',
      'AccessTokenValidity',
      'IdTokenValidity',
      'RefreshTokenValidity',
      'TokenValidityUnits',
      'PreventUserExistenceErrors',
      'EnableTokenRevocation',
      'RefreshTokenRotation',
      'AuthSessionValidity',
      'GenerateSecret',
      'SupportedIdentityProviders',
      'ReadAttributes',
      'WriteAttributes',
    ],
    inert: {
      AllowedOAuthFlowsUserPoolClient: 'it switches on what the other OAuth properties state, which are named as not honoured',
    },
    create: async (resource) => {
      const properties = readProperties(resource, clientProperties);
      const id = identifier(resource, 26, ALPHANUMERICS.slice(0, 36));
      const name = properties.ClientName ?? generatedName(resource.stackName, resource.logicalId, MAX_NAME_LENGTH);
      const pool = pools.get(properties.UserPoolId);
      const client = new UserPoolClient(id, name, properties);
      const unwritable = pool.requiredAttributes.find((attribute) => !client.mayWrite(attribute));
      if (unwritable) throw invalidParameter(`WriteAttributes of ${resource.path} must hold ${unwritable}, which the pool requires.`);
      pool.clients.set(id, client);
      return { ref: id, attributes: { ClientId: id, Name: name } };
    },
  };
}

/**
 * The pages where users sign in by OAuth, and their style. They are created, so that a stage with pages runs, and not served: every
 * property is named at start as not honoured.
 */
export function signInPageTypes(pools: UserPools): ResourceType[] {
  return [
    {
      type: 'AWS::Cognito::UserPoolDomain',
      honours: ['UserPoolId'],
      create: async (resource) => {
        const { UserPoolId, Domain } = readProperties(resource, z.object({ UserPoolId: z.string(), Domain: z.string() }));
        pools.get(UserPoolId);
        return { ref: Domain };
      },
    },
    {
      type: 'AWS::Cognito::ManagedLoginBranding',
      honours: ['UserPoolId', 'ClientId'],
      create: async (resource) => {
        const { UserPoolId, ClientId } = readProperties(resource, z.object({ UserPoolId: z.string(), ClientId: z.string() }));
        if (!pools.get(UserPoolId).clients.has(ClientId)) throw resourceNotFound(`User pool client ${ClientId} does not exist.`);
        const id = identifier(resource, 26, ALPHANUMERICS);
        return { ref: `${UserPoolId}|${id}`, attributes: { ManagedLoginBrandingId: id } };
      },
    },
  ];
}

/** Characters out of an alphabet, the same ones for the same stack and logical id. */
function identifier(resource: TemplateResource, length: number, alphabet: string): string {
  const digest = createHash('sha256').update(`${resource.type}/${resource.stackName}/${resource.logicalId}`).digest();
  return [...digest.subarray(0, length)].map((byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
