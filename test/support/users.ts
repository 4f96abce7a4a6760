import { randomUUID } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';

/** How an SDK client reaches a runtime as its operator. */
export function operatorConfig({ aws_endpoint, region, operator }: RuntimeFile) {
  return {
    endpoint: aws_endpoint,
    region,
    credentials: { accessKeyId: operator.access_key_id, secretAccessKey: operator.secret_access_key },
  };
}
