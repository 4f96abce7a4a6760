import { invalidParameter, notAuthorized } from './refusals.ts';

/** A user's attributes but for `sub`, all text as Cognito keeps them. */
export type Attributes = Readonly<Record<string, string>>;

export interface AttributeEntry {
  readonly Name: string;
  readonly Value: string;
}

/** OpenID Connect's standard claims, which every pool has (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html). */
const STANDARD_ATTRIBUTES = [
  ...['address', 'birthdate', 'email', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'nickname'],
  ...['phone_number', 'picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo'],
];
/** Facts about other attributes, which only Cognito and an operator may state. */
const VERIFICATION_FLAGS = ['email_verified', 'phone_number_verified'];
const MAX_VALUE_LENGTH = 2048;

export function isStandardAttribute(name: string): boolean {
  return STANDARD_ATTRIBUTES.includes(name);
}

export function isVerificationFlag(name: string): boolean {
  return VERIFICATION_FLAGS.includes(name);
}

export function isEmailAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
}

/** Who states attributes: an app client, or an operator, who may write them all. */
export interface Writer {
  mayWrite(name: string): boolean;
}

export const OPERATOR: Writer = { mayWrite: () => true };

/** Throws unless there is an attribute of that name and it may be written. */
function requireWritable(name: string, writer: Writer): void {
  if (!isStandardAttribute(name) && !isVerificationFlag(name)) {
    throw invalidParameter(`Attributes did not conform to the schema: Type for attribute {${name}} could not be determined`);
  }
  if (!writer.mayWrite(name)) throw notAuthorized('A client attempted to write unauthorized attribute');
}

/** The attributes as given, checked by name and form. Throws as Cognito would. */
export function readAttributes(entries: readonly AttributeEntry[], writer: Writer): Attributes {
  for (const { Name, Value } of entries) {
    requireWritable(Name, writer);
    if (isVerificationFlag(Name) && !['true', 'false'].includes(Value.toLowerCase())) {
      throw invalidParameter(`Attributes did not conform to the schema: ${Name}: Invalid boolean`);
    }
    if (Value.length > MAX_VALUE_LENGTH) {
      throw invalidParameter(`Attributes did not conform to the schema: ${Name}: String must be no longer than 2048 characters`);
    }
    if (Name === 'phone_number' && !/^\+[1-9]\d{1,14}$/.test(Value)) throw invalidParameter('Invalid phone number format.');
    if (Name === 'email' && !isEmailAddress(Value)) throw invalidParameter('Invalid email address format.');
  }
  return Object.fromEntries(entries.map(({ Name, Value }) => [Name, isVerificationFlag(Name) ? Value.toLowerCase() : Value]));
}

/** Throws unless every attribute that the pool requires is there. */
export function requireAttributes(required: readonly string[], attributes: Attributes): void {
  for (const name of required) {
    if (!attributes[name]) throw invalidParameter(`Attributes did not conform to the schema: ${name}: The attribute is required`);
  }
}

/** What is left without those of that name. Throws where one may not be written, or the pool requires it. */
export function withoutAttributes(
  attributes: Attributes,
  names: readonly string[],
  required: readonly string[],
  writer: Writer,
): Attributes {
  for (const name of names) {
    requireWritable(name, writer);
    if (required.includes(name)) throw invalidParameter(`Attributes did not conform to the schema: ${name}: The attribute is required`);
  }
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** As the API lists them: name and value, `sub` first. */
export function attributeEntries(sub: string, attributes: Attributes): AttributeEntry[] {
  return Object.entries({ sub, ...attributes }).map(([Name, Value]) => ({ Name, Value }));
}

/** As an ID token carries them: the verification flags are booleans there. */
export function attributeClaims(attributes: Attributes): Record<string, string | boolean> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, isVerificationFlag(name) ? value === 'true' : value]));
}
