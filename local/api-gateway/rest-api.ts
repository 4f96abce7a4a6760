import { AwsError, notEmulated } from '../platform/call.ts';
import type { AccessLog } from './access-log.ts';
import type { CognitoAuthorizer } from './cognito-authorizer.ts';
import { GatewayResponses } from './gateway-responses.ts';
import type { Integration } from './integration.ts';
import type { RequestModel } from './request-model.ts';
import type { RequestExpectations, RequestValidator } from './request-validation.ts';
import { type RoutedResource, RouteTable } from './route-table.ts';
import type { Throttle } from './throttle.ts';

/** What serves one HTTP method of one resource. */
export interface Method {
  readonly integration: Integration;
  readonly authorization: { readonly authorizer: CognitoAuthorizer; readonly scopes: readonly string[] } | undefined;
  readonly expectations: RequestExpectations | undefined;
}

export interface Stage {
  readonly name: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttle: Throttle;
  readonly accessLog: AccessLog | undefined;
}

/** What a request needs to know of the API it came to. */
export interface Deployment {
  readonly apiId: string;
  readonly deploymentId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly binaryMediaTypes: readonly string[];
}

interface Resource {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly pathPart: string;
  readonly methods: Map<string, Method>;
}

export interface RestApiOptions {
  readonly id: string;
  readonly name: string;
  readonly rootResourceId: string;
  readonly binaryMediaTypes: readonly string[];
}

/**
 * A REST API as its template puts it together, piece by piece. Routes are compiled at the first request after a
 * change; a deployment is no snapshot here, since CloudFormation makes it last.
 */
export class RestApi {
  readonly id: string;
  /** By which CloudWatch's metrics know it. */
  readonly name: string;
  readonly rootResourceId: string;
  readonly gatewayResponses = new GatewayResponses();
  readonly authorizers = new Parts<CognitoAuthorizer>('Authorizer');
  readonly models = new Parts<RequestModel>('Model');
  readonly validators = new Parts<RequestValidator>('Request Validator');
  readonly #binaryMediaTypes: readonly string[];
  readonly #resources = new Parts<Resource>('Resource');
  #routes: RouteTable<Method> | undefined;
  #stage: Stage | undefined;

  constructor({ id, name, rootResourceId, binaryMediaTypes }: RestApiOptions) {
    this.id = id;
    this.name = name;
    this.rootResourceId = rootResourceId;
    this.#binaryMediaTypes = binaryMediaTypes.map((type) => type.toLowerCase());
    this.addResource(rootResourceId, undefined, '');
  }

  addResource(id: string, parentId: string | undefined, pathPart: string): void {
    if (parentId !== undefined) this.#resources.get(parentId);
    this.#resources.put(id, { id, parentId, pathPart, methods: new Map() });
    this.#routes = undefined;
  }

  putMethod(resourceId: string, httpMethod: string, method: Method): void {
    this.#resources.get(resourceId).methods.set(httpMethod, method);
    this.#routes = undefined;
  }

  putStage(stage: Stage): void {
    if (this.#stage && this.#stage.name !== stage.name) throw notEmulated(`a second stage (${stage.name}) of one REST API`);
    this.#stage = stage;
  }

  /** The one stage that is served. Throws when the template has made none. */
  requireStage(): Stage {
    if (!this.#stage) throw new Error(`REST API ${this.id} has no stage`);
    return this.#stage;
  }

  get deployment(): Deployment {
    const { name, deploymentId, variables } = this.requireStage();
    return { apiId: this.id, deploymentId, stage: name, stageVariables: variables, binaryMediaTypes: this.#binaryMediaTypes };
  }

  get routes(): RouteTable<Method> {
    this.#routes ??= new RouteTable(this.#resources.all().map((resource) => this.#routed(resource)));
    return this.#routes;
  }

  #routed(resource: Resource): RoutedResource<Method> {
    return { id: resource.id, path: this.#pathOf(resource) || '/', methods: resource.methods };
  }

  #pathOf(resource: Resource): string {
    return resource.parentId === undefined ? '' : `${this.#pathOf(this.#resources.get(resource.parentId))}/${resource.pathPart}`;
  }
}

/** An API's parts of one kind, by the id that templates refer to them with. */
export class Parts<Part> {
  readonly #kind: string;
  readonly #byId = new Map<string, Part>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  put(id: string, part: Part): void {
    this.#byId.set(id, part);
  }

  /** Throws as AWS does when there is none. */
  get(id: string): Part {
    const part = this.#byId.get(id);
    if (part === undefined) throw new AwsError('NotFoundException', `Invalid ${this.#kind} identifier specified: ${id}`, 404);
    return part;
  }

  all(): Part[] {
    return [...this.#byId.values()];
  }
}
