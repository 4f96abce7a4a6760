import { z } from 'zod';
import { type Operations, operation, telemetry, triggerData } from './input.ts';
import { codeDelivery, type Mail } from './mail.ts';
import { enforcePasswordPolicy } from './password-policy.ts';
import { codeMismatch, invalidParameter, noSuchUser, notAuthorized, userDisabled } from './refusals.ts';
import { UNKNOWN_USERNAME } from './sign-up.operations.ts';
import type { UserPools } from './user-pools.ts';

const common = {
  ClientId: z.string(),
  Username: z.string(),
  ClientMetadata: triggerData,
  UserContextData: telemetry,
  AnalyticsMetadata: telemetry,
};
const forgotPassword = z.strictObject(common);
const confirmForgotPassword = z.strictObject({ ...common, ConfirmationCode: z.string(), Password: z.string() });

/**
 * A forgotten password, reset by a code to the verified e-mail address. Public: no signature. A client that hides who
 * exists gets the same answer for everybody
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html).
 */
export function passwordRecoveryOperations(pools: UserPools, mail: Mail): Operations {
  return {
    ForgotPassword: operation('ForgotPassword', forgotPassword, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      pool.countAttempt('ForgotPassword', input.Username);
      const user = pool.findUser(input.Username);
      const reachable = user?.enabled && user.attributes['email_verified'] === 'true';
      if (client.hidesWhoExists && !reachable) return { CodeDeliveryDetails: codeDelivery(input.Username) };
      if (!user) throw noSuchUser(UNKNOWN_USERNAME);
      if (!user.enabled) throw userDisabled();
      if (user.status === 'FORCE_CHANGE_PASSWORD') throw notAuthorized('User password cannot be reset in the current state.');
      if (!reachable) {
        throw invalidParameter('Cannot reset password for the user as there is no registered/verified email or phone_number');
      }
      const code = pool.codes.issue('passwordReset', user.sub);
      return { CodeDeliveryDetails: mail.sendCode(pool, user.attributes['email'] ?? '', 'ForgotPassword', code) };
    }),

    ConfirmForgotPassword: operation('ConfirmForgotPassword', confirmForgotPassword, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      pool.countAttempt('ConfirmForgotPassword', input.Username);
      // First, so that it tells nothing about who exists.
      enforcePasswordPolicy(pool.passwordPolicy, input.Password, 'Password does not conform to policy');
      const user = pool.findUser(input.Username);
      if (!user?.enabled) {
        if (client.hidesWhoExists) throw codeMismatch();
        throw user ? userDisabled() : noSuchUser(UNKNOWN_USERNAME);
      }
      pool.codes.check('passwordReset', user.sub, input.ConfirmationCode);
      pool.users.setPassword(user, input.Password, { temporary: false, historySize: pool.passwordPolicy.historySize });
      pool.codes.spend('passwordReset', user.sub);
      pool.lockout.recordSuccess(user.sub);
      return {};
    }),
  };
}
