import amplify, { type CognitoUser, type CognitoUserSession } from 'amazon-cognito-identity-js';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import './srp-arithmetic.ts';

export interface SignedIn {
  readonly user: CognitoUser;
  readonly session: CognitoUserSession;
}

/** An app that lets people open accounts and signs them in, by Amplify's client library and without any key. */
export class App {
  readonly #pool: amplify.CognitoUserPool;

  constructor({ user_pool_id: UserPoolId, client_id: ClientId, aws_endpoint: endpoint }: RuntimeFile) {
    this.#pool = new amplify.CognitoUserPool({ UserPoolId, ClientId, endpoint });
  }

  signUp(name: string, password: string): Promise<void> {
    return settle((done) => this.#pool.signUp(name, password, [], [], done));
  }

  confirm(name: string, code: string): Promise<void> {
    return settle((done) => this.#user(name).confirmRegistration(code, false, done));
  }

  resend(name: string): Promise<void> {
    return settle((done) => this.#user(name).resendConfirmationCode(done));
  }

  /** Signs in by SRP, with these codes, one after the other, where an authenticator app is asked for. */
  signIn(name: string, password: string, codes: readonly string[] = []): Promise<SignedIn> {
    const user = this.#user(name);
    const left = [...codes];
    return new Promise((resolve, reject) => {
      const onSuccess = (session: CognitoUserSession) => resolve({ user, session });
      const sendCode = () => {
        const code = left.shift();
        if (code === undefined) return reject(new Error('a code was asked for'));
        const onFailure = (error: Error) => (left.length > 0 ? sendCode() : reject(error));
        user.sendMFACode(code, { onSuccess, onFailure }, 'SOFTWARE_TOKEN_MFA');
      };
      const details = new amplify.AuthenticationDetails({ Username: name, Password: password });
      user.authenticateUser(details, { onSuccess, onFailure: reject, totpRequired: sendCode });
    });
  }

  #user(Username: string): CognitoUser {
    return new amplify.CognitoUser({ Username, Pool: this.#pool });
  }
}

function settle(call: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
}
