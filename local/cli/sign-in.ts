import { AuthenticationDetails, CognitoUser, CognitoUserPool, type CognitoUserSession } from 'amazon-cognito-identity-js';

export interface SignIn {
  readonly endpoint?: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly name: string;
  readonly password: string;
}

/** Signs a user in by SRP, as an app does, and returns the access token. */
export async function signIn(credentials: SignIn): Promise<string> {
  const session = await openSession(credentials);
  return session.getAccessToken().getJwtToken();
}

/** Signs a user in by SRP, as an app does, and returns all that the user pool grants. */
export function openSession({ endpoint, userPoolId, clientId, name, password }: SignIn): Promise<CognitoUserSession> {
  const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, ...(endpoint && { endpoint }) });
  const user = new CognitoUser({ Username: name, Pool: pool });
  return new Promise((resolve, reject) => {
    user.authenticateUser(new AuthenticationDetails({ Username: name, Password: password }), {
      onSuccess: resolve,
      onFailure: reject,
      newPasswordRequired: () => reject(new Error(`${name} must choose a new password first`)),
      totpRequired: () => reject(new Error(`${name} signs in with an authenticator app, which this command does not ask for`)),
      mfaSetup: () => reject(new Error(`${name} must set up an authenticator app first`)),
    });
  });
}
