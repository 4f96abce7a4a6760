import { invalidParameter } from './refusals.ts';
import type { User } from './users.ts';

/** What ListUsers can filter by (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html). */
const SEARCHABLE_ATTRIBUTES = ['email', 'phone_number', 'name', 'given_name', 'family_name', 'preferred_username'];
const CASE_SENSITIVE = ['cognito:user_status', 'status'];

/** Reads `name = "value"` or `name ^= "beginning"`. Throws InvalidParameterException for anything else. */
export function readUserFilter(filter: string): (user: User) => boolean {
  const [, name, operator, quoted] = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter) ?? [];
  if (name === undefined || quoted === undefined) throw invalidParameter('Error while parsing filter.');
  const read = propertyReader(name);
  const fold = (text: string) => (CASE_SENSITIVE.includes(name) ? text : text.toLowerCase());
  const value = fold(quoted.replace(/\\(.)/g, '$1'));
  return (user) => {
    const actual = read(user);
    if (actual === undefined) return false;
    return operator === '=' ? fold(actual) === value : fold(actual).startsWith(value);
  };
}

function propertyReader(name: string): (user: User) => string | undefined {
  if (name === 'sub' || name === 'username') return (user) => user.sub;
  if (name === 'cognito:user_status') return (user) => user.status;
  if (name === 'status') return (user) => (user.enabled ? 'Enabled' : 'Disabled');
  if (SEARCHABLE_ATTRIBUTES.includes(name)) return (user) => user.attributes[name];
  throw invalidParameter(`One or more requested attributes are not searchable: ${name}`);
}
