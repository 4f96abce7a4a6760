import { z } from 'zod';
import { type AttributeEntry, type Attributes, isEmailAddress, readAttributes, requireAttributes, type Writer } from './attributes.ts';
import { attributeList, type Operations, operation, telemetry, triggerData } from './input.ts';
import { codeDelivery, type Mail } from './mail.ts';
import { enforcePasswordPolicy } from './password-policy.ts';
import { codeExpired, invalidParameter, noSuchUser, notAuthorized } from './refusals.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPools } from './user-pools.ts';

const common = {
  ClientId: z.string(),
  Username: z.string(),
  ClientMetadata: triggerData,
  UserContextData: telemetry,
  AnalyticsMetadata: telemetry,
};
const signUp = z.strictObject({ ...common, Password: z.string(), UserAttributes: attributeList, ValidationData: triggerData });
const confirmSignUp = z.strictObject({
  ...common,
  ConfirmationCode: z.string(),
  /** No alias could be taken over: an address that users sign in by belongs to one of them only. */
  ForceAliasCreation: z.boolean().optional(),
});
const resendConfirmationCode = z.strictObject(common);

/** What a client is told, with PreventUserExistenceErrors LEGACY, about a name that nobody has. */
export const UNKNOWN_USERNAME = 'Username/client id combination not found.';

/** Self sign-up and its confirmation by a code. Public: no signature. */
export function signUpOperations(pools: UserPools, mail: Mail): Operations {
  return {
    SignUp: operation('SignUp', signUp, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      if (pool.properties.AdminCreateUserConfig.AllowAdminCreateUserOnly) {
        throw notAuthorized('SignUp is not permitted for this user pool');
      }
      const attributes = newUserAttributes(pool, input.Username, input.UserAttributes, client);
      requireAttributes(pool.requiredAttributes, attributes);
      enforcePasswordPolicy(pool.passwordPolicy, input.Password, 'Password did not conform with policy');
      const user = pool.users.create(
        { attributes: { ...attributes, email_verified: 'false' }, password: input.Password, status: 'UNCONFIRMED' },
        pool.caseSensitive,
      );
      const delivery = pool.properties.AutoVerifiedAttributes.includes('email')
        ? mail.sendCode(pool, attributes.email, 'SignUp', pool.codes.issue('confirmation', user.sub))
        : undefined;
      return { UserSub: user.sub, UserConfirmed: false, ...(delivery && { CodeDeliveryDetails: delivery }) };
    }),

    ConfirmSignUp: operation('ConfirmSignUp', confirmSignUp, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      pool.countAttempt('ConfirmSignUp', input.Username);
      const user = pool.findUser(input.Username);
      if (!user) throw client.hidesWhoExists ? codeExpired() : noSuchUser(UNKNOWN_USERNAME);
      if (user.status !== 'UNCONFIRMED') throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`);
      pool.codes.check('confirmation', user.sub, input.ConfirmationCode);
      pool.codes.spend('confirmation', user.sub);
      pool.users.change(user, { status: 'CONFIRMED', attributes: { ...user.attributes, email_verified: 'true' } });
      return {};
    }),

    ResendConfirmationCode: operation('ResendConfirmationCode', resendConfirmationCode, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      pool.countAttempt('ResendConfirmationCode', input.Username);
      const user = pool.findUser(input.Username);
      if (!user) {
        if (client.hidesWhoExists) return { CodeDeliveryDetails: codeDelivery(input.Username) };
        throw noSuchUser(UNKNOWN_USERNAME);
      }
      if (user.status !== 'UNCONFIRMED') throw invalidParameter('User is already confirmed.');
      if (!pool.properties.AutoVerifiedAttributes.includes('email')) throw invalidParameter('Auto verification not turned on.');
      const email = user.attributes['email'] ?? '';
      const code = pool.codes.issue('confirmation', user.sub);
      return { CodeDeliveryDetails: mail.sendCode(pool, email, 'ResendConfirmationCode', code) };
    }),
  };
}

/** The attributes of a user about to be created: in a pool that signs in by e-mail, the username is the address. */
export function newUserAttributes(
  pool: UserPool,
  username: string,
  entries: readonly AttributeEntry[],
  writer: Writer,
): Attributes & { readonly email: string } {
  if (!isEmailAddress(username)) throw invalidParameter('Username should be an email.');
  const attributes = readAttributes(entries, writer);
  const stated = attributes['email'];
  const same = pool.caseSensitive ? stated === username : stated?.toLowerCase() === username.toLowerCase();
  if (stated !== undefined && !same) {
    throw invalidParameter('User email should be empty or same as username, since username attribute is email.');
  }
  return { ...attributes, email: stated ?? username };
}
