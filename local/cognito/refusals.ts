import { AwsError } from '../platform/call.ts';

/** What Cognito refuses with, in its own codes and words, since apps and Amplify decide by both. */

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

export function notAuthorized(message: string): AwsError {
  return new AwsError('NotAuthorizedException', message);
}

/** A web ACL has blocked the request. */
export function blockedByFirewall(): AwsError {
  return new AwsError('ForbiddenException', 'Request not allowed due to WAF block.', 403);
}

/** Wrong password or unknown user: with PreventUserExistenceErrors nobody can tell which. */
export function wrongCredentials(): AwsError {
  return notAuthorized('Incorrect username or password.');
}

export function userDisabled(): AwsError {
  return notAuthorized('User is disabled.');
}

/** An operator's question, or one through a client with PreventUserExistenceErrors LEGACY, about a user that isn't there. */
export function noSuchUser(message = 'User does not exist.'): AwsError {
  return new AwsError('UserNotFoundException', message);
}

/** The code is not the one that was sent last. */
export function codeMismatch(): AwsError {
  return new AwsError('CodeMismatchException', 'Invalid verification code provided, please try again.');
}

/** The code is too old, or none was asked for. */
export function codeExpired(): AwsError {
  return new AwsError('ExpiredCodeException', 'Invalid code provided, please request a code again.');
}

/** Nothing of that id was created from the template. */
export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}

/** The address belongs to a user already. Cognito says so even with PreventUserExistenceErrors. */
export function emailTaken(): AwsError {
  return new AwsError('UsernameExistsException', 'An account with the given email already exists.');
}
