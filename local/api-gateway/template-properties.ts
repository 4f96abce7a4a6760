import * as z from 'zod';
import type { TemplateResource } from '../platform/service.ts';

/** Reads a resource's properties by their schema; what does not fit is a template that CloudFormation would refuse. */
export function read<Schema extends z.ZodType>(resource: TemplateResource, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (!parsed.success) throw new Error(`${resource.path} (${resource.type}): ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
