import type { ResourceType } from '../platform/service.ts';

/**
 * The paths of a resource's properties that are neither honoured nor inert: what behaves differently on AWS. Where nothing below
 * a path is known, the path stands for all of it. Where a reason is known, it follows in brackets. After them comes what their values ask
 * for and do not get.
 */
export function unhonouredPaths(
  { honours, inert = {}, notHonoured = {}, unmet }: ResourceType,
  properties: Readonly<Record<string, unknown>>,
): string[] {
  const known = [...honours, ...Object.keys(inert)];
  const unhonoured = leafPaths(properties).filter((path) => !known.some((prefix) => isBelow(path, prefix)));
  const explain = (path: string) => {
    const [explained, reason] = Object.entries(notHonoured).find(([prefix]) => isBelow(path, prefix)) ?? [];
    return explained === undefined ? shortened(path, known) : `${explained} (${reason})`;
  };
  const asked = Object.entries(unmet?.(properties) ?? {}).map(([what, reason]) => `${what} (${reason})`);
  return [...new Set([...unhonoured.map(explain), ...asked])];
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`);
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
