import { notEmulated } from '../platform/call.ts';
import type { Operations } from './input.ts';

/** Public operations that Cognito has and this emulator has not. They are known so that each is refused by its own name. */
const NAMES = [
  ...['SetUserSettings', 'GetUserAuthFactors', 'UpdateAuthEventFeedback'],
  ...['ConfirmDevice', 'ForgetDevice', 'GetDevice', 'ListDevices', 'UpdateDeviceStatus'],
  ...['StartWebAuthnRegistration', 'CompleteWebAuthnRegistration', 'ListWebAuthnCredentials', 'DeleteWebAuthnCredential'],
];

export const notEmulatedOperations: Operations = Object.fromEntries(
  NAMES.map((name) => [name, () => Promise.reject(notEmulated(`the Cognito operation ${name}`))]),
);
