import { createHash } from 'node:crypto';
import type { TemplateResource } from '../platform/service.ts';

/** Of an API's stage, as a web ACL names what it is put before. */
export function stageArn(region: string, { apiId, stage }: { readonly apiId: string; readonly stage: string }): string {
  return `arn:aws:apigateway:${region}::/restapis/${apiId}/stages/${stage}`;
}

/** An id such as API Gateway's own, `a1b2c3d4e5`, but the same after every restart. */
export function stableId({ stackName, logicalId }: TemplateResource, length: number, purpose = ''): string {
  const digest = createHash('sha256').update(`${stackName}/${logicalId}/${purpose}`).digest('hex');
  return BigInt(`0x${digest}`).toString(36).padStart(length, '0').slice(-length);
}
