import type { ResourceType } from '../platform/service.ts';

/** The paths of a resource's properties that are neither honoured nor inert: what behaves differently on AWS. */
export function unhonouredPaths({ honours, inert = {} }: ResourceType, properties: Readonly<Record<string, unknown>>): string[] {
  const known = [...honours, ...Object.keys(inert)];
  return [...new Set(leafPaths(properties))].filter((path) => !known.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)));
}

function leafPaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((part) => leafPaths(part, path));
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return path === '' ? [] : [path];
  return Object.entries(value).flatMap(([name, part]) => leafPaths(part, path === '' ? name : `${path}.${name}`));
}
