import { CognitoIdentityProviderClient, ConfirmSignUpCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider';
import type { RuntimeFile } from '../runtime-file.ts';
import { print } from './command-line.ts';

/** Opens an account, as an app does. Throws with Cognito's own words where it refuses. */
export async function signUp(runtime: RuntimeFile, email: string, password: string): Promise<void> {
  const { CodeDeliveryDetails } = await cognitoOf(runtime).send(
    new SignUpCommand({ ClientId: runtime.client_id, Username: email, Password: password }),
  );
  print(`A code went to ${CodeDeliveryDetails?.Destination ?? 'nobody'}: see "npm run -s manuel -- outbox".`);
}

/** Confirms that the address is one's own, by the code that went there. */
export async function confirmSignUp(runtime: RuntimeFile, email: string, code: string): Promise<void> {
  await cognitoOf(runtime).send(new ConfirmSignUpCommand({ ClientId: runtime.client_id, Username: email, ConfirmationCode: code }));
  print(`${email} may sign in now, such as by "npm run -s manuel -- token --as ${email} --password …".`);
}

/** Cognito's public operations take no signature. */
function cognitoOf({ aws_endpoint, region }: RuntimeFile): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({ endpoint: aws_endpoint, region });
}
