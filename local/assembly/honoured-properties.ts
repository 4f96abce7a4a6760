import type { ResourceType } from '../platform/service.ts';

/**
 * The paths of a resource's properties that are neither honoured nor inert: what behaves differently on AWS. Where nothing below
 * a path is known, the path stands for all of it.
 */
export function unhonouredPaths({ honours, inert = {} }: ResourceType, properties: Readonly<Record<string, unknown>>): string[] {
  const known = [...honours, ...Object.keys(inert)];
  const unhonoured = leafPaths(properties).filter((path) => !known.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)));
  return [...new Set(unhonoured.map((path) => shortened(path, known)))];
}

function shortened(path: string, known: readonly string[]): string {
  const parts = path.split('.');
  const ancestors = parts.map((_, index) => parts.slice(0, index + 1).join('.'));
  return ancestors.find((ancestor) => !known.some((other) => other.startsWith(`${ancestor}.`))) ?? path;
}

function leafPaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((part) => leafPaths(part, path));
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return path === '' ? [] : [path];
  return Object.entries(value).flatMap(([name, part]) => leafPaths(part, path === '' ? name : `${path}.${name}`));
}
