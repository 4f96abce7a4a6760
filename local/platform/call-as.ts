import type { AccessControl } from './access-control.ts';
import type { AwsReply, RawRequest } from './call.ts';
import type { Principal } from './principal.ts';
import type { Service } from './service.ts';

/** A request that never leaves the process. */
export type InnerRequest = Pick<RawRequest, 'method' | 'path'> & Partial<Pick<RawRequest, 'queryString' | 'headers' | 'body'>>;

/**
 * One service's call of another with the rights of a principal, such as a role that it was given: it needs what a call from outside
 * needs. `context` holds the condition keys that tell it from one. Throws the refusal of the service that is called.
 */
export async function callAs(
  access: AccessControl,
  principal: Principal,
  service: Service,
  request: InnerRequest,
  context: Readonly<Record<string, string>> = {},
): Promise<AwsReply> {
  const call = { queryString: '', headers: {}, body: Buffer.alloc(0), ...request, sourceIp: '', principal };
  const operation = service.operationOf(call);
  const permissions = await service.permissionsFor?.(call, operation);
  if (!permissions) throw new Error(`what ${operation} needs is not known`);
  for (const permission of permissions) {
    access.require(permission.principal ?? principal, { ...permission, context: { ...permission.context, ...context } });
  }
  return service.handle(call, operation);
}
