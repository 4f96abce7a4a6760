import { z } from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { type Operations, operation, readParameters, telemetry, triggerData } from './input.ts';
import { answerNewPassword, isStatedAttribute } from './new-password.ts';
import { answerPasswordVerifier, challengePassword, signInWithPassword } from './password-sign-in.ts';
import { invalidParameter } from './refusals.ts';
import { answerCode, answerSetUp } from './second-factor.ts';
import { refresh } from './token.operations.ts';
import type { AllowedFlow, UserPoolClient } from './user-pool-client.ts';
import type { UserPools } from './user-pools.ts';

const parameters = z.record(z.string(), z.string()).default({});
const common = { ClientId: z.string(), ClientMetadata: triggerData, UserContextData: telemetry, AnalyticsMetadata: telemetry };
const initiateAuth = z.strictObject({ ...common, AuthFlow: z.string(), AuthParameters: parameters });
const respondToAuthChallenge = z.strictObject({
  ...common,
  ChallengeName: z.string(),
  ChallengeResponses: parameters,
  Session: z.string().optional(),
});

/** Sign-in by password and renewal by refresh token. Public: no signature. */
export function signInOperations(pools: UserPools, clock: Clock): Operations {
  return {
    InitiateAuth: operation('InitiateAuth', initiateAuth, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      const read = <Name extends string>(...required: Name[]) =>
        readParameters(`InitiateAuth with AuthFlow ${input.AuthFlow}`, input.AuthParameters, required);
      switch (input.AuthFlow) {
        case 'USER_SRP_AUTH':
          demand(client, 'ALLOW_USER_SRP_AUTH', 'USER_SRP_AUTH is not enabled for the client.');
          return challengePassword(pool, client, read('USERNAME', 'SRP_A'));
        case 'USER_PASSWORD_AUTH':
          demand(client, 'ALLOW_USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH flow not enabled for this client');
          return signInWithPassword(pool, client, read('USERNAME', 'PASSWORD'), clock.now());
        case 'REFRESH_TOKEN_AUTH':
        case 'REFRESH_TOKEN':
          demand(client, 'ALLOW_REFRESH_TOKEN_AUTH', 'Auth flow not enabled for this client');
          return { ...(await refresh(pool, client, read('REFRESH_TOKEN').REFRESH_TOKEN, clock.now())), ChallengeParameters: {} };
        case 'CUSTOM_AUTH':
          demand(client, 'ALLOW_CUSTOM_AUTH', 'Auth flow not enabled for this client');
          throw notEmulated('the CUSTOM_AUTH flow');
        case 'USER_AUTH':
          demand(client, 'ALLOW_USER_AUTH', 'USER_AUTH flow not enabled for this client');
          throw notEmulated('the USER_AUTH flow');
        default:
          throw invalidParameter('Initiate Auth method not supported.');
      }
    }),

    RespondToAuthChallenge: operation('RespondToAuthChallenge', respondToAuthChallenge, async (input) => {
      const { pool, client } = pools.getByClient(input.ClientId);
      const what = `RespondToAuthChallenge to ${input.ChallengeName}`;
      switch (input.ChallengeName) {
        case 'PASSWORD_VERIFIER': {
          const names = ['USERNAME', 'PASSWORD_CLAIM_SECRET_BLOCK', 'PASSWORD_CLAIM_SIGNATURE', 'TIMESTAMP'] as const;
          return answerPasswordVerifier(pool, client, readParameters(what, input.ChallengeResponses, names), clock.now());
        }
        case 'NEW_PASSWORD_REQUIRED': {
          const responses = readParameters(what, input.ChallengeResponses, ['USERNAME', 'NEW_PASSWORD'], isStatedAttribute);
          return answerNewPassword(pool, client, sessionOf(input), responses, clock.now());
        }
        case 'SOFTWARE_TOKEN_MFA': {
          // Amplify's older client library states every kind of code.
          const names = ['USERNAME', 'SOFTWARE_TOKEN_MFA_CODE'] as const;
          const responses = readParameters(what, input.ChallengeResponses, names, (name) => name === 'SMS_MFA_CODE');
          return answerCode(pool, client, sessionOf(input), responses, clock.now());
        }
        case 'MFA_SETUP': {
          const { USERNAME } = readParameters(what, input.ChallengeResponses, ['USERNAME']);
          return answerSetUp(pool, client, sessionOf(input), USERNAME, clock.now());
        }
        default:
          throw notEmulated(`the challenge ${input.ChallengeName}`);
      }
    }),
  };
}

function sessionOf({ Session }: { Session?: string | undefined }): string {
  if (!Session) throw invalidParameter('Missing required parameter Session');
  return Session;
}

function demand(client: UserPoolClient, flow: AllowedFlow, refusal: string): void {
  if (!client.allows(flow)) throw invalidParameter(refusal);
}
