import { randomUUID } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import { openSession } from '../../local/cli/sign-in.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import './srp-arithmetic.ts';

/** How an SDK client reaches a runtime as its operator. */
export function operatorConfig({ aws_endpoint, region, operator }: RuntimeFile) {
  const credentials = { accessKeyId: operator.access_key_id, secretAccessKey: operator.secret_access_key };
  return { endpoint: aws_endpoint, region, credentials };
}

export interface SignedInUser {
  readonly client: ManuelClient;
  readonly token: string;
  readonly name: string;
  readonly password: string;
  /** The `sub` of the token. */
  readonly userId: string;
}

/** Somebody new, signed in by SRP. */
export async function newUser(file: RuntimeFile, name = `${randomUUID()}@example.com`): Promise<SignedInUser> {
  const password = `Manuel-${randomUUID()}`;
  const cognito = new CognitoIdentityProviderClient(operatorConfig(file));
  const identity = { UserPoolId: file.user_pool_id, Username: name };
  await cognito.send(
    new AdminCreateUserCommand({ ...identity, MessageAction: 'SUPPRESS', UserAttributes: [{ Name: 'email', Value: name }] }),
  );
  await cognito.send(new AdminSetUserPasswordCommand({ ...identity, Password: password, Permanent: true }));
  cognito.destroy();
  const { accessToken: token } = await signInAgain(file, { name, password });
  return { client: new ManuelClient(file.api_url, token), token, name, password, userId: String(claimsOf(token)['sub']) };
}

/** The tokens that the user is given on signing in once more, by the client that the file names. */
export async function signInAgain(
  { aws_endpoint, user_pool_id, client_id }: RuntimeFile,
  { name, password }: Pick<SignedInUser, 'name' | 'password'>,
): Promise<{ readonly accessToken: string; readonly idToken: string }> {
  const session = await openSession({ endpoint: aws_endpoint, userPoolId: user_pool_id, clientId: client_id, name, password });
  return { accessToken: session.getAccessToken().getJwtToken(), idToken: session.getIdToken().getJwtToken() };
}

/** What a token says, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
