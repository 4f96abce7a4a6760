/** The methods that `ANY` stands for (https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-method-settings.html). */
const ANY_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/** A resource of the API with the methods that were put on it. */
export interface RoutedResource<Method> {
  readonly id: string;
  /** Such as `/api/manuals/{manual_id}`. */
  readonly path: string;
  readonly methods: ReadonlyMap<string, Method>;
}

export interface RouteMatch<Method> {
  readonly resource: RoutedResource<Method>;
  readonly method: Method;
  /** As sent: API Gateway hands them to a proxy integration percent-encoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node<Method> {
  resource?: RoutedResource<Method>;
  readonly children: Map<string, Node<Method>>;
  parameter?: { readonly name: string; readonly node: Node<Method> };
  greedy?: { readonly name: string; readonly node: Node<Method> };
}

/**
 * Finds the method that serves a request. A literal segment beats `{param}`, which beats `{proxy+}`; where the more
 * specific resource has no such method, the search goes on with the less specific one, as on AWS.
 *
 * Segments are compared as sent. Nothing is decoded, merged or resolved, so `%2F`, `..` and a double slash never turn
 * one path into another; only slashes at either end are ignored.
 */
export class RouteTable<Method> {
  readonly #root: Node<Method> = { children: new Map() };

  constructor(resources: Iterable<RoutedResource<Method>>) {
    for (const resource of resources) {
      let node = this.#root;
      for (const part of segmentsOf(resource.path)) node = descend(node, part);
      node.resource = resource;
    }
  }

  match(httpMethod: string, path: string): RouteMatch<Method> | undefined {
    return search(this.#root, segmentsOf(path), 0, [], httpMethod);
  }

  /** Whether a literal resource of this name lies directly below the root. */
  hasTopLevel(segment: string): boolean {
    return this.#root.children.has(segment);
  }
}

function segmentsOf(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? [] : trimmed.split('/');
}

function descend<Method>(node: Node<Method>, part: string): Node<Method> {
  const [, name, plus] = /^\{([^+}]+)(\+?)\}$/.exec(part) ?? [];
  const child: Node<Method> = { children: new Map() };
  if (name === undefined) {
    const known = node.children.get(part) ?? child;
    node.children.set(part, known);
    return known;
  }
  if (plus) {
    node.greedy ??= { name, node: child };
    return node.greedy.node;
  }
  node.parameter ??= { name, node: child };
  return node.parameter.node;
}

function search<Method>(
  node: Node<Method>,
  segments: readonly string[],
  depth: number,
  parameters: readonly (readonly [string, string])[],
  httpMethod: string,
): RouteMatch<Method> | undefined {
  const segment = segments[depth];
  if (segment === undefined) return finish(node, parameters, httpMethod);
  const literal = node.children.get(segment);
  const { parameter, greedy } = node;
  return (
    (literal && search(literal, segments, depth + 1, parameters, httpMethod)) ??
    (parameter && segment !== ''
      ? search(parameter.node, segments, depth + 1, [...parameters, [parameter.name, segment]], httpMethod)
      : undefined) ??
    (greedy && finish(greedy.node, [...parameters, [greedy.name, segments.slice(depth).join('/')]], httpMethod))
  );
}

function finish<Method>(
  node: Node<Method>,
  parameters: readonly (readonly [string, string])[],
  httpMethod: string,
): RouteMatch<Method> | undefined {
  const { resource } = node;
  const method = resource?.methods.get(httpMethod) ?? (ANY_METHODS.has(httpMethod) ? resource?.methods.get('ANY') : undefined);
  return resource && method && { resource, method, pathParameters: Object.fromEntries(parameters) };
}
