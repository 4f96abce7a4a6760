import { CognitoIdentityProviderClient, ListUserPoolClientsCommand, ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import type { Edit } from './changed-sources.ts';
import { newUser, operatorConfig, type SignedInUser, signInAgain } from './users.ts';

const OTHER_POOL = 'other-pool';
const OTHER_CLIENT = 'other-client';
const FEDERATED_DOMAIN = 'federated.example';

/**
 * Sources with a second pool, a second client of the API's own pool, and users whom the API's own client gives another
 * scope than a sign-in by SRP does, as it would on a sign-in by OAuth.
 */
export const WITH_STRANGERS: readonly Edit[] = [
  {
    file: 'lib/stacks/cognito.stack.ts',
    find: "    new CfnOutput(this, 'UserPoolId',",
    replace: `
    const signIn = { authFlows: { userSrp: true }, disableOAuth: true };
    new UserPool(this, 'OtherPool', { userPoolName: '${OTHER_POOL}', signInAliases: { email: true } }).addClient('Client', signIn);
    this.userPool.addClient('OtherClient', { userPoolClientName: '${OTHER_CLIENT}', ...signIn });
    new CfnOutput(this, 'UserPoolId',`,
  },
  {
    file: 'local/cognito/tokens.ts',
    find: 'scope: USER_ADMIN_SCOPE,',
    replace: `scope: user.attributes.email.endsWith('@${FEDERATED_DOMAIN}') ? 'openid email' : USER_ADMIN_SCOPE,`,
  },
];

/** Genuine tokens that are not meant for the API, by what is wrong with them. */
export interface StrangersTokens {
  readonly otherPool: string;
  /** Of the very user whom the API knows. */
  readonly otherClient: string;
  readonly otherScope: string;
}

/** Signs in, in a runtime of such sources, as everybody whom the API must not know. */
export async function signInAsStrangers(file: RuntimeFile, user: SignedInUser): Promise<StrangersTokens> {
  const cognito = new CognitoIdentityProviderClient(operatorConfig(file));
  const { UserPools = [] } = await cognito.send(new ListUserPoolsCommand({ MaxResults: 60 }));
  const user_pool_id = idOf(OTHER_POOL, UserPools.find(({ Name }) => Name === OTHER_POOL)?.Id);
  const clientsOf = async (UserPoolId: string) => {
    const { UserPoolClients = [] } = await cognito.send(new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 60 }));
    return UserPoolClients;
  };
  const [[clientOfOtherPool], clients] = await Promise.all([clientsOf(user_pool_id), clientsOf(file.user_pool_id)]);
  cognito.destroy();
  const otherPool = { ...file, user_pool_id, client_id: idOf(`a client of ${OTHER_POOL}`, clientOfOtherPool?.ClientId) };
  const client_id = idOf(OTHER_CLIENT, clients.find(({ ClientName }) => ClientName === OTHER_CLIENT)?.ClientId);
  const [someoneElse, sameUser, federated] = await Promise.all([
    newUser(otherPool, user.name),
    signInAgain({ ...file, client_id }, user),
    newUser(file, `somebody@${FEDERATED_DOMAIN}`),
  ]);
  return { otherPool: someoneElse.token, otherClient: sameUser.accessToken, otherScope: federated.token };
}

function idOf(what: string, id: string | undefined): string {
  if (id === undefined) throw new Error(`the runtime has no ${what}; was it started from the sources that make one?`);
  return id;
}
