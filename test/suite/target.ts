import type { SignIn } from '../../local/cli/sign-in.ts';

/** The variable in which the command tells the checks what they run against. */
export const TARGET_VARIABLE = 'MANUEL_SUITE_TARGET';

/** Where people sign in. */
export interface UserPool {
  readonly userPoolId: string;
  readonly clientId: string;
  readonly region: string;
  /** Absent for AWS's own. */
  readonly endpoint?: string;
}

/** How much `performance` asks of a stage. */
export interface Load {
  /** Calls of each route that asks no model. */
  readonly calls: number;
  /** Questions in one piece, and as many again in events. */
  readonly questions: number;
  /** How many users ask at once. */
  readonly parallel: number;
}

/** What the checks run against, and what it gives them to work with. */
export interface Target {
  readonly url: string;
  readonly userPool?: UserPool;
  /** None, one or two. */
  readonly users: readonly Pick<SignIn, 'name' | 'password'>[];
  /** Whether a check may ask where that is all that it would cost. */
  readonly ask: boolean;
  /** Whether the questions that are planned are more than its users have left today. */
  readonly questionsExceedQuota: boolean;
  readonly hearsSpeech: boolean;
  readonly load: Load;
  /** The folder of a runtime that was started for the checks alone, which may be disturbed. */
  readonly ownRuntime?: string;
  /** Where the checks note what is worth reading besides passed or failed. */
  readonly notesFile: string;
}

/** What the command has told. Throws where a suite was started without it. */
export function readTarget(environment: NodeJS.ProcessEnv = process.env): Target {
  const { [TARGET_VARIABLE]: told } = environment;
  if (told === undefined) throw new Error('A suite is started by its command, such as: npm run test:smoke');
  return JSON.parse(told);
}

/** AWS's address of Cognito, or that of the runtime that stands in for it. */
export function cognitoEndpoint({ endpoint, region }: UserPool): string {
  return endpoint ?? `https://cognito-idp.${region}.amazonaws.com`;
}
