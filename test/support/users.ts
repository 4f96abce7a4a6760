import { randomUUID } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';

// As every browser says. The SRP library picks its arithmetic by it; the other one takes seconds in Jest's sandbox.
Object.defineProperty(globalThis, 'navigator', { value: { appName: 'Netscape' }, configurable: true });
const { signIn } = await import('../../local/cli/sign-in.ts');

/** How an SDK client reaches a runtime as its operator. */
export function operatorConfig({ aws_endpoint, region, operator }: RuntimeFile) {
  const credentials = { accessKeyId: operator.access_key_id, secretAccessKey: operator.secret_access_key };
  return { endpoint: aws_endpoint, region, credentials };
}

export interface SignedInUser {
  readonly client: ManuelClient;
  readonly token: string;
  readonly name: string;
  /** The `sub` of the token. */
  readonly userId: string;
}

/** Somebody new, signed in by SRP. */
export async function newUser(file: RuntimeFile): Promise<SignedInUser> {
  const name = `${randomUUID()}@example.com`;
  const password = `Manuel-${randomUUID()}`;
  const cognito = new CognitoIdentityProviderClient(operatorConfig(file));
  const identity = { UserPoolId: file.user_pool_id, Username: name };
  await cognito.send(
    new AdminCreateUserCommand({ ...identity, MessageAction: 'SUPPRESS', UserAttributes: [{ Name: 'email', Value: name }] }),
  );
  await cognito.send(new AdminSetUserPasswordCommand({ ...identity, Password: password, Permanent: true }));
  cognito.destroy();
  const token = await signIn({ endpoint: file.aws_endpoint, userPoolId: file.user_pool_id, clientId: file.client_id, name, password });
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return { client: new ManuelClient(file.api_url, token), token, name, userId: sub };
}
