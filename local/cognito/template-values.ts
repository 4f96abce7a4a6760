import { z } from 'zod';
import type { TemplateResource } from '../platform/service.ts';
import { invalidParameter } from './refusals.ts';

/** CloudFormation takes numbers and booleans as text too. */
export const number = z.coerce.number();
export const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })]);

/** A resource's properties by `schema`. Throws, naming the resource's path and the property, when one has not the form that it needs. */
export function readProperties<Schema extends z.ZodType>(resource: TemplateResource, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw invalidParameter(`${resource.type} at ${resource.path}: ${complaints.join('; ')}`);
}
