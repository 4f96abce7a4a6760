import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';

export interface SignIn {
  readonly endpoint?: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly name: string;
  readonly password: string;
}

/** Signs a user in by SRP, as an app does, and returns the access token. */
export function signIn({ endpoint, userPoolId, clientId, name, password }: SignIn): Promise<string> {
  const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, ...(endpoint && { endpoint }) });
  const user = new CognitoUser({ Username: name, Pool: pool });
  return new Promise((resolve, reject) => {
    user.authenticateUser(new AuthenticationDetails({ Username: name, Password: password }), {
      onSuccess: (session) => resolve(session.getAccessToken().getJwtToken()),
      onFailure: reject,
      newPasswordRequired: () => reject(new Error(`${name} must choose a new password first`)),
    });
  });
}
