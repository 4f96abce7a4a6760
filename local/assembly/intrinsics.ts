/** What intrinsic functions look up. Each lookup throws when there is nothing to find. */
export interface IntrinsicScope {
  /** A resource's, parameter's or pseudo parameter's value. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  stackOutput(stackName: string, outputName: string): unknown;
}

type Resolve = (value: unknown) => unknown;

const FUNCTIONS: Readonly<Record<string, (argument: unknown, scope: IntrinsicScope, resolve: Resolve) => unknown>> = {
  Ref: (name, scope) => scope.ref(String(name)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId = '', ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    return scope.attribute(logicalId, path.join('.'));
  },
  'Fn::Join': (argument, _scope, resolve) => {
    const [separator, parts] = argument as [string, unknown];
    return (resolve(parts) as unknown[]).join(separator);
  },
  'Fn::Sub': (argument, scope, resolve) => {
    const [template, variables] = Array.isArray(argument) ? (argument as [string, Record<string, unknown>]) : [String(argument), {}];
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return String(resolve(variables[name]));
      const [logicalId = '', ...path] = name.split('.');
      return String(path.length > 0 ? scope.attribute(logicalId, path.join('.')) : scope.ref(name));
    });
  },
  'Fn::Select': (argument, _scope, resolve) => {
    const [index, list] = resolve(argument) as [number | string, unknown[]];
    return list[Number(index)];
  },
  'Fn::Split': (argument, _scope, resolve) => {
    const [separator, text] = resolve(argument) as [string, string];
    return text.split(separator);
  },
  'Fn::GetStackOutput': (argument, scope, resolve) => {
    const { StackName, OutputName } = resolve(argument) as { StackName: string; OutputName: string };
    return scope.stackOutput(StackName, OutputName);
  },
};

/**
 * Evaluates a template value. An intrinsic function that is not known here is refused by its name: a guess would be a
 * wrong resource. Members that resolve to `AWS::NoValue` are left out.
 */
export function resolveIntrinsics(value: unknown, scope: IntrinsicScope): unknown {
  const resolve: Resolve = (part) => resolveIntrinsics(part, scope);
  if (Array.isArray(value)) return value.map(resolve).filter((part) => part !== NO_VALUE);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only && isIntrinsic(only[0])) {
    const evaluate = FUNCTIONS[only[0]];
    if (!evaluate) throw new Error(`the intrinsic function ${only[0]} is not understood by the local runtime`);
    return evaluate(only[1], scope, resolve);
  }
  return Object.fromEntries(entries.map(([name, part]) => [name, resolve(part)]).filter(([, part]) => part !== NO_VALUE));
}

/** What `Ref: AWS::NoValue` stands for. */
export const NO_VALUE = Symbol('AWS::NoValue');

/** The logical ids that a template value refers to, whichever way. */
export function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === 'object' && part !== null) {
      for (const [name, argument] of Object.entries(part)) {
        if (name === 'Ref') found.add(String(argument));
        else if (name === 'Fn::GetAtt') found.add(String(Array.isArray(argument) ? argument[0] : String(argument).split('.')[0]));
        else if (name === 'Fn::Sub') addSubstitutions(Array.isArray(argument) ? argument[0] : argument, found);
        visit(argument);
      }
    }
  };
  visit(value);
  return found;
}

function addSubstitutions(template: unknown, found: Set<string>): void {
  for (const [, name = ''] of String(template).matchAll(/\$\{([^!}][^}]*)\}/g)) found.add(name.split('.')[0] ?? name);
}

function isIntrinsic(name: string): boolean {
  return name === 'Ref' || name === 'Condition' || name.startsWith('Fn::');
}
