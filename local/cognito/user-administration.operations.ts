import { z } from 'zod';
import { notEmulated } from '../platform/call.ts';
import { OPERATOR } from './attributes.ts';
import { attributeList, type Operations, operation, triggerData } from './input.ts';
import type { Mail } from './mail.ts';
import { nextPage, page } from './pagination.ts';
import { enforcePasswordPolicy, temporaryPassword } from './password-policy.ts';
import { noSuchUser } from './refusals.ts';
import { newUserAttributes } from './sign-up.operations.ts';
import { describePreference } from './software-token.ts';
import { readUserFilter } from './user-filter.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPools } from './user-pools.ts';
import { describeUser, type User } from './users.ts';

/** The most users in one answer (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html). */
const MAX_USERS_PER_PAGE = 60;

const oneUser = { UserPoolId: z.string(), Username: z.string() };
const adminCreateUser = z.strictObject({
  ...oneUser,
  UserAttributes: attributeList,
  TemporaryPassword: z.string().optional(),
  MessageAction: z.enum(['SUPPRESS', 'RESEND']).optional(),
  DesiredDeliveryMediums: z.array(z.enum(['EMAIL', 'SMS'])).optional(),
  ForceAliasCreation: z.boolean().default(false),
  ClientMetadata: triggerData,
  ValidationData: triggerData,
});
const adminSetUserPassword = z.strictObject({ ...oneUser, Password: z.string(), Permanent: z.boolean().default(false) });
const adminOneUser = z.strictObject(oneUser);
const listUsers = z.strictObject({
  UserPoolId: z.string(),
  Filter: z.string().optional(),
  Limit: z.number().int().min(1).max(MAX_USERS_PER_PAGE).default(MAX_USERS_PER_PAGE),
  PaginationToken: z.string().optional(),
  AttributesToGet: z.array(z.string()).optional(),
});

/** What an operator does to users. Signed. */
export function userAdministrationOperations(pools: UserPools, mail: Mail): Operations {
  const find = (input: { UserPoolId: string; Username: string }): { pool: UserPool; user: User } => {
    const pool = pools.get(input.UserPoolId);
    const user = pool.findUser(input.Username);
    if (!user) throw noSuchUser();
    return { pool, user };
  };
  return {
    AdminCreateUser: operation('AdminCreateUser', adminCreateUser, async (input) => {
      const pool = pools.get(input.UserPoolId);
      const attributes = newUserAttributes(pool, input.Username, input.UserAttributes, OPERATOR);
      if (input.MessageAction === 'RESEND') throw notEmulated('AdminCreateUser with MessageAction RESEND');
      if (input.DesiredDeliveryMediums?.includes('SMS')) throw notEmulated('AdminCreateUser with the delivery medium SMS');
      if (input.ForceAliasCreation) throw notEmulated('AdminCreateUser with ForceAliasCreation');
      const password = input.TemporaryPassword || temporaryPassword(pool.passwordPolicy);
      enforcePasswordPolicy(pool.passwordPolicy, password, 'Password did not conform with policy');
      const user = pool.users.create({ attributes, password, status: 'FORCE_CHANGE_PASSWORD' }, pool.caseSensitive);
      if (input.MessageAction !== 'SUPPRESS') mail.sendInvitation(pool, attributes.email, password);
      return { User: describeUser(user) };
    }),

    AdminSetUserPassword: operation('AdminSetUserPassword', adminSetUserPassword, async (input) => {
      const { pool, user } = find(input);
      enforcePasswordPolicy(pool.passwordPolicy, input.Password, 'Password does not conform to policy');
      pool.users.setPassword(user, input.Password, { temporary: !input.Permanent, historySize: pool.passwordPolicy.historySize });
      return {};
    }),

    AdminGetUser: operation('AdminGetUser', adminOneUser, async (input) => {
      const { user } = find(input);
      const { Attributes, ...description } = describeUser(user);
      return { ...description, UserAttributes: Attributes, ...describePreference(user.softwareToken) };
    }),

    AdminDeleteUser: operation('AdminDeleteUser', adminOneUser, async (input) => {
      const { pool, user } = find(input);
      pool.users.delete(user);
      pool.grants.revokeAllOf(user.sub);
      return {};
    }),

    // "Deactivates a user profile and revokes all access tokens for the user", says the API reference.
    AdminDisableUser: operation('AdminDisableUser', adminOneUser, async (input) => {
      const { pool, user } = find(input);
      pool.users.change(user, { enabled: false });
      pool.grants.revokeAllOf(user.sub);
      return {};
    }),

    AdminEnableUser: operation('AdminEnableUser', adminOneUser, async (input) => {
      const { pool, user } = find(input);
      pool.users.change(user, { enabled: true });
      return {};
    }),

    ListUsers: operation('ListUsers', listUsers, async (input) => {
      const pool = pools.get(input.UserPoolId);
      const matches = input.Filter ? readUserFilter(input.Filter) : () => true;
      const { items, next } = page(pool.users.all.filter(matches), input.Limit, input.PaginationToken);
      const wanted = input.AttributesToGet;
      const users = items.map(describeUser).map((user) => ({
        ...user,
        Attributes: user.Attributes.filter(({ Name }) => wanted === undefined || wanted.includes(Name)),
      }));
      return { Users: users, ...nextPage('PaginationToken', next) };
    }),
  };
}
