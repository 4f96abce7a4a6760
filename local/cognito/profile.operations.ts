import { z } from 'zod';
import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Attributes, attributeEntries, readAttributes, withoutAttributes } from './attributes.ts';
import { attributeList, type Operations, operation, triggerData } from './input.ts';
import type { Mail } from './mail.ts';
import { enforcePasswordPolicy } from './password-policy.ts';
import { invalidParameter, wrongCredentials } from './refusals.ts';
import { describePreference } from './software-token.ts';
import { holderOf } from './tokens.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPools } from './user-pools.ts';
import type { User } from './users.ts';

const accessToken = { AccessToken: z.string() };
const onlyAccessToken = z.strictObject(accessToken);
const updateUserAttributes = z.strictObject({ ...accessToken, UserAttributes: attributeList, ClientMetadata: triggerData });
const deleteUserAttributes = z.strictObject({ ...accessToken, UserAttributeNames: z.array(z.string()) });
const getUserAttributeVerificationCode = z.strictObject({ ...accessToken, AttributeName: z.string(), ClientMetadata: triggerData });
const verifyUserAttribute = z.strictObject({ ...accessToken, AttributeName: z.string(), Code: z.string() });
const changePassword = z.strictObject({ ...accessToken, PreviousPassword: z.string(), ProposedPassword: z.string() });

/** What users see and change of themselves. Public: the access token is the proof. */
export function profileOperations(pools: UserPools, mail: Mail, clock: Clock): Operations {
  const holder = (input: { AccessToken: string }) => holderOf(pools, input.AccessToken, clock.now());
  return {
    GetUser: operation('GetUser', onlyAccessToken, async (input) => {
      const { client, user } = await holder(input);
      const UserAttributes = attributeEntries(user.sub, client.readable(user.attributes));
      return { Username: user.sub, UserAttributes, ...describePreference(user.softwareToken) };
    }),

    UpdateUserAttributes: operation('UpdateUserAttributes', updateUserAttributes, async (input) => {
      const { pool, client, user } = await holder(input);
      const stated = readAttributes(input.UserAttributes, client);
      const fixed = Object.keys(stated).find((name) => pool.fixedAttributes.includes(name));
      if (fixed) throw invalidParameter(`user.${fixed}: Attribute cannot be updated.`);
      const { email, ...others } = stated;
      const changed = pool.users.change(user, { attributes: { ...user.attributes, ...others } });
      const delivery = email === undefined || email === user.attributes['email'] ? undefined : startEmailChange(pool, changed, email, mail);
      return { CodeDeliveryDetailsList: delivery ? [delivery] : [] };
    }),

    DeleteUserAttributes: operation('DeleteUserAttributes', deleteUserAttributes, async (input) => {
      const { pool, client, user } = await holder(input);
      // The address is the name to sign in by, whether or not the pool's schema says so.
      const required = [...pool.requiredAttributes, 'email'];
      pool.users.change(user, { attributes: withoutAttributes(user.attributes, input.UserAttributeNames, required, client) });
      return {};
    }),

    GetUserAttributeVerificationCode: operation('GetUserAttributeVerificationCode', getUserAttributeVerificationCode, async (input) => {
      const { pool, user } = await holder(input);
      requireEmail(input.AttributeName);
      pool.countAttempt('GetUserAttributeVerificationCode', user.sub);
      const code = pool.codes.issue('attribute', user.sub);
      const email = user.pendingEmail ?? user.attributes['email'] ?? '';
      return { CodeDeliveryDetails: mail.sendCode(pool, email, 'GetUserAttributeVerificationCode', code) };
    }),

    VerifyUserAttribute: operation('VerifyUserAttribute', verifyUserAttribute, async (input) => {
      const { pool, user } = await holder(input);
      requireEmail(input.AttributeName);
      pool.countAttempt('VerifyUserAttribute', user.sub);
      pool.codes.check('attribute', user.sub, input.Code);
      const email = user.pendingEmail ?? user.attributes['email'] ?? '';
      requireFree(pool, user, email);
      pool.codes.spend('attribute', user.sub);
      pool.users.change(user, { pendingEmail: undefined, attributes: { ...user.attributes, email, email_verified: 'true' } });
      return {};
    }),

    ChangePassword: operation('ChangePassword', changePassword, async (input) => {
      const { pool, user } = await holder(input);
      pool.countAttempt('ChangePassword', user.sub);
      if (!pool.users.hasPassword(user, input.PreviousPassword)) throw wrongCredentials();
      enforcePasswordPolicy(pool.passwordPolicy, input.ProposedPassword, 'Password does not conform to policy');
      pool.users.setPassword(user, input.ProposedPassword, { temporary: false, historySize: pool.passwordPolicy.historySize });
      return {};
    }),

    DeleteUser: operation('DeleteUser', onlyAccessToken, async (input) => {
      const { pool, user } = await holder(input);
      pool.users.delete(user);
      pool.grants.revokeAllOf(user.sub);
      return {};
    }),
  };
}

/**
 * A code goes to the new address. Where the pool keeps the old one until the new one is verified, it goes on to be the one to sign
 * in by; elsewhere the new one takes its place at once, unverified
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html).
 */
function startEmailChange(pool: UserPool, user: User, email: string, mail: Mail) {
  requireFree(pool, user, email);
  const keepsOld = pool.properties.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate.includes('email');
  const changed: Attributes = { ...user.attributes, email, email_verified: 'false' };
  pool.users.change(user, keepsOld ? { pendingEmail: email } : { pendingEmail: undefined, attributes: changed });
  if (!pool.properties.AutoVerifiedAttributes.includes('email')) return undefined;
  return mail.sendCode(pool, email, 'UpdateUserAttributes', pool.codes.issue('attribute', user.sub));
}

function requireFree(pool: UserPool, user: User, email: string): void {
  const owner = pool.findUser(email);
  if (owner && owner.sub !== user.sub) throw new AwsError('AliasExistsException', 'An account with the given email already exists.');
}

function requireEmail(attribute: string): void {
  if (attribute !== 'email') throw invalidParameter(`The attribute ${attribute} cannot be verified: no text message is ever sent.`);
}
