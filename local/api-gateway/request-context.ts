import { randomBytes, randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import { type ApiRequest, headerValues } from './http-message.ts';
import type { Deployment } from './rest-api.ts';

/** A request's `$context`, which is also the event's `requestContext`. It grows as the request passes the stations. */
export interface RequestContext {
  readonly accountId: string;
  readonly apiId: string;
  readonly deploymentId: string;
  /** The `Host` header as sent. */
  readonly domainName: string;
  readonly domainPrefix: string;
  readonly extendedRequestId: string;
  readonly httpMethod: string;
  readonly identity: Readonly<Record<string, string | null>>;
  /** As sent, behind the stage. */
  readonly path: string;
  readonly protocol: 'HTTP/1.1';
  readonly requestId: string;
  /** In the common log format. */
  readonly requestTime: string;
  readonly requestTimeEpoch: number;
  readonly stage: string;
  /** From here on set once the route is known. */
  resourceId?: string;
  resourcePath?: string;
  /** Set once the caller is known. */
  authorizer?: { readonly claims: Readonly<Record<string, string>> };
}

/** Opens the context of a request that arrived at `nowMs`. `path` is the request's without the stage. */
export function openContext(request: ApiRequest, path: string, deployment: Deployment, nowMs: number): RequestContext {
  const domainName = headerValues(request.headers, 'host')[0] ?? '';
  return {
    accountId: LOCAL_ACCOUNT,
    apiId: deployment.apiId,
    deploymentId: deployment.deploymentId,
    domainName,
    domainPrefix: domainName.split('.')[0] ?? '',
    extendedRequestId: randomBytes(11).toString('base64'),
    httpMethod: request.method,
    identity: {
      accessKey: null,
      accountId: null,
      caller: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: null,
      userAgent: headerValues(request.headers, 'user-agent')[0] ?? null,
      userArn: null,
    },
    path: `/${deployment.stage}${path}`,
    protocol: 'HTTP/1.1',
    requestId: randomUUID(),
    requestTime: commonLogTime(nowMs),
    requestTimeEpoch: nowMs,
    stage: deployment.stage,
  };
}

/** `20/Nov/2026:11:00:00 +0000`. */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
