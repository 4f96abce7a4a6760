/** What intrinsic functions look up. Each lookup throws when there is nothing to find. */
export interface IntrinsicScope {
  /** A resource's, parameter's or pseudo parameter's value. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  stackOutput(stackName: string, outputName: string): unknown;
}

type Resolve = (value: unknown) => unknown;

const FUNCTIONS: Readonly<Record<string, (argument: unknown, scope: IntrinsicScope, resolve: Resolve) => unknown>> = {
  Ref: (argument, scope) => scope.ref(textOf('Ref', argument)),
  'Fn::GetAtt': (argument, scope, resolve) => {
    const [logicalId = '', ...path] = Array.isArray(argument) ? argument : textOf('Fn::GetAtt', argument).split('.');
    return scope.attribute(textOf('Fn::GetAtt', logicalId), path.map((part) => textOf('Fn::GetAtt', resolve(part))).join('.'));
  },
  'Fn::Join': (argument, _scope, resolve) => {
    const [separator, parts] = listOf('Fn::Join', argument);
    return listOf('Fn::Join', resolve(parts))
      .map((part) => textOf('Fn::Join', part))
      .join(textOf('Fn::Join', separator));
  },
  'Fn::Sub': (argument, scope, resolve) => {
    const [template, variables] = substitutionOf(argument);
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return textOf('Fn::Sub', resolve(variables[name]));
      const [logicalId = '', ...path] = name.split('.');
      return textOf('Fn::Sub', path.length > 0 ? scope.attribute(logicalId, path.join('.')) : scope.ref(name));
    });
  },
  'Fn::Select': (argument, _scope, resolve) => {
    const [index, parts] = listOf('Fn::Select', resolve(argument));
    const list = listOf('Fn::Select', parts);
    const found = list[Number(textOf('Fn::Select', index))];
    if (found === undefined) throw new Error(`Fn::Select finds no element ${index} in a list of ${list.length}`);
    return found;
  },
  'Fn::Split': (argument, _scope, resolve) => {
    const [separator, text] = listOf('Fn::Split', resolve(argument));
    if (separator === '') throw new Error('Fn::Split needs something to split at');
    return textOf('Fn::Split', text).split(textOf('Fn::Split', separator));
  },
  'Fn::GetStackOutput': (argument, scope, resolve) => {
    const { StackName, OutputName, Region, ...others } = resolve(argument) as Readonly<Record<string, unknown>>;
    const [other] = Object.keys(others);
    if (other !== undefined) throw new Error(`${other} of Fn::GetStackOutput is not understood by the local runtime`);
    if (Region !== undefined && Region !== scope.ref('AWS::Region')) {
      throw new Error(`Fn::GetStackOutput looks into ${Region}, and the local runtime has one region only`);
    }
    return scope.stackOutput(textOf('Fn::GetStackOutput', StackName), textOf('Fn::GetStackOutput', OutputName));
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
  const misplaced = entries.find(([name]) => name.startsWith('Fn::'));
  if (misplaced) throw new Error(`the intrinsic function ${misplaced[0]} stands beside other members`);
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
        else if (name === 'Fn::Sub') for (const reference of substitutedIn(argument)) found.add(reference);
        visit(argument);
      }
    }
  };
  visit(value);
  return found;
}

/** The logical ids between a substitution's braces; its variables are none. */
function substitutedIn(argument: unknown): string[] {
  const [template, variables] = substitutionOf(argument);
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !Object.hasOwn(variables, name))
    .map((name) => name.split('.')[0] ?? name);
}

function substitutionOf(argument: unknown): [template: string, variables: Readonly<Record<string, unknown>>] {
  const [template, variables = {}] = Array.isArray(argument) ? argument : [argument];
  return [textOf('Fn::Sub', template), variables];
}

function isIntrinsic(name: string): boolean {
  return name === 'Ref' || name === 'Condition' || name.startsWith('Fn::');
}

function listOf(functionName: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${functionName} needs a list, and was given ${JSON.stringify(value) ?? String(value)}`);
  return value;
}

/** A text, or a number or truth value as CloudFormation writes it into one. */
function textOf(functionName: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${functionName} needs a text, and was given ${JSON.stringify(value) ?? String(value)}`);
}
