import { type AwsCall, AwsError, type AwsReply, type RawRequest } from './call.ts';
import { parseJsonBody } from './json-protocol.ts';

/** The path's labels, percent-decoded. */
export type PathLabels = Readonly<Record<string, string>>;

export interface RestJsonRoute {
  readonly operation: string;
  readonly method: string;
  /** Such as `/knowledgebases/{knowledgeBaseId}/retrieve`. A label matches one segment. */
  readonly path: string;
  /** Answers with a document, or with a whole reply where it is not JSON (event streams, payloads). */
  // biome-ignore lint/suspicious/noExplicitAny: each operation declares the input it reads; the wire is untyped
  handle(input: any, labels: PathLabels, call: AwsCall): Promise<object | RestJsonReply>;
}

/** A reply that is not a plain 200 with a JSON document. */
export class RestJsonReply {
  readonly reply: AwsReply;
  constructor(reply: AwsReply) {
    this.reply = reply;
  }
}

interface CompiledRoute extends RestJsonRoute {
  readonly pattern: RegExp;
}

/** AWS's restJson1 protocol: method and path name the operation (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html). */
export class RestJsonProtocol {
  readonly #serviceName: string;
  readonly #routes: readonly CompiledRoute[];

  constructor(serviceName: string, routes: readonly RestJsonRoute[]) {
    this.#serviceName = serviceName;
    this.#routes = routes.map((route) => ({ ...route, pattern: compilePath(route.path) }));
  }

  operationOf(request: RawRequest): string {
    return this.#route(request).operation;
  }

  async handle(call: AwsCall): Promise<AwsReply> {
    const route = this.#route(call);
    const labels = route.pattern.exec(stripTrailingSlash(call.path))?.groups ?? {};
    const decoded = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, decodeURIComponent(value ?? '')]));
    const input = call.headers['content-type']?.startsWith('application/json') ? parseJsonBody(call.body) : call.body;
    const output = await route.handle(input, decoded, call);
    return output instanceof RestJsonReply ? output.reply : jsonReply(200, output);
  }

  readonly renderError = (error: AwsError): AwsReply => {
    const reply = jsonReply(error.status, { message: error.message, ...error.members });
    return { ...reply, headers: { ...reply.headers, 'x-amzn-errortype': error.code } };
  };

  #route(request: RawRequest): CompiledRoute {
    const path = stripTrailingSlash(request.path);
    const route = this.#routes.find((candidate) => candidate.method === request.method && candidate.pattern.test(path));
    if (!route) {
      throw new AwsError('UnknownOperationException', `${this.#serviceName} has no ${request.method} ${path} in the local runtime.`, 404);
    }
    return route;
  }
}

/** A JSON document as a reply. */
export function jsonReply(status: number, document: object): AwsReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
}

function compilePath(path: string): RegExp {
  const source = stripTrailingSlash(path)
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$`);
}

function stripTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
