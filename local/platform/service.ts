import type { AwsCall, AwsError, AwsReply, RawRequest } from './call.ts';
import type { Permission } from './permission.ts';

/** One emulated AWS service. The front door calls it once a request's signature has been verified. */
export interface Service {
  /** Names in the signature's credential scope that reach this service, such as `dynamodb`. */
  readonly signingNames: readonly string[];
  /** The CloudFormation types that this service serves. */
  readonly resourceTypes: readonly ResourceType[];
  /** The API operation that a request asks for, such as `PutItem`. Throws an AwsError when there is none. */
  operationOf(request: RawRequest): string;
  handle(call: AwsCall, operation: string): Promise<AwsReply>;
  /** The refusal of a request in the service's own protocol, so that an unmodified SDK understands it. */
  renderError(error: AwsError, request: RawRequest): AwsReply;
  /**
   * What must be allowed for a call to go ahead; undefined where that is not known. A role's call is then refused: access is
   * never guessed.
   */
  permissionsFor?(call: AwsCall, operation: string): Promise<readonly Permission[]> | readonly Permission[] | undefined;
  /** The policy document that decides about one of its resources, if there is one; the same object until it is changed. */
  resourcePolicyOf?(resourceArn: string): object | undefined;
  /** Whether such a policy must allow even what policies of the caller's account allow. */
  readonly resourcePolicyMustAllow?: boolean;
  /** Every resource that has a policy, by its ARN. */
  resourcePolicies?(): Iterable<readonly [resourceArn: string, document: object]>;
  /** The refusal of a caller without permission, in the service's own words. */
  accessDenied?(message: string): AwsError;
  /** Whether this unsigned request is one that the service authenticates by itself. */
  acceptsUnsigned?(request: RawRequest): boolean;
  /** Takes up what an earlier run has left under way. Called when every resource of the templates is there. */
  resume?(): Promise<void>;
  /** Frees what the service holds: timers, child processes, files. What is under way stays in the state. */
  stop?(): Promise<void>;
}

/** A resource of a synthesized template, its intrinsics resolved. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly stackName: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The construct's path, such as `Manuel-dev/storage/ManualsTable/Resource`. */
  readonly path: string;
}

/** What `Ref` and `Fn::GetAtt` of a created resource give. */
export interface ResourceIdentity {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * How one CloudFormation type is served. Property paths are dotted (`Policies.PasswordPolicy.MinimumLength`), lists
 * are passed through, and a path covers all below it. A property that is under neither list is named at start as not
 * honoured.
 */
export interface ResourceType {
  readonly type: string;
  /** Paths of properties whose behaviour is honoured. */
  readonly honours: readonly string[];
  /** Paths of properties that make no difference on a laptop, each with the reason. */
  readonly inert?: Readonly<Record<string, string>>;
  /** Present for a type that holds data: the paths of properties whose change AWS answers with a new resource, which holds none of it. */
  readonly replacedOn?: readonly string[];
  /** Paths of properties that are known not to be honoured, each with the reason, which is named with it at start. */
  readonly notHonoured?: Readonly<Record<string, string>>;
  /** What certain values of honoured properties ask for and do not get, each with the reason; named at start in the same place. */
  readonly unmet?: (properties: Readonly<Record<string, unknown>>) => Readonly<Record<string, string>>;
  create(resource: TemplateResource): Promise<ResourceIdentity>;
}
