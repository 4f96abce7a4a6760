import { Readable } from 'node:stream';
import { type AwsCall, AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import { RestJsonProtocol } from '../platform/rest-json-protocol.ts';
import type { ResourceIdentity, ResourceType, Service, TemplateResource } from '../platform/service.ts';
import { State } from '../platform/state.ts';
import { AsyncInvocations, type StoredInvocation } from './async-invocations.ts';
import { DeadLetters } from './dead-letters.ts';
import { EventSourceMapping } from './event-source-mapping.ts';
import { CodeStore } from './function-code.ts';
import { readFunction } from './function-configuration.ts';
import { functionNameOf } from './function-name.ts';
import type { FunctionResponse } from './function-response.ts';
import { createInvocation, type InvokeOptions } from './invocation.ts';
import { lambdaRoutes } from './lambda-api.ts';
import { type InvocationResult, LambdaFunction, type LambdaFunctionContext } from './lambda-function.ts';
import { lambdaResourceTypes } from './lambda-resource-types.ts';
import { readMapping } from './mapping-configuration.ts';
import type { MessageQueues } from './message-queues.ts';
import { ProcessGuard } from './process-guard.ts';
import { ResourcePermissions } from './resource-permissions.ts';

/** Largest events, in bytes (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const MAX_EVENT_BYTES = { synchronous: 6 * 1024 * 1024, asynchronous: 1024 * 1024 };

export interface LambdaServiceOptions extends LambdaFunctionContext {
  readonly queues: MessageQueues;
  /** Called with a line for what AWS would show in metrics only: events given up, batches that failed. */
  readonly report: (line: string) => void;
  readonly state?: State;
}

/** A response that is handed on as it arrives. */
export interface StreamedInvocation {
  readonly requestId: string;
  readonly contentType: string;
  /** Fails with a FunctionStreamError when the function breaks off. In one piece when its handler does not stream. */
  readonly body: Readable;
  /** Present when the body describes an error. */
  readonly functionError?: 'Unhandled';
}

/** Lambda: runs the real bundles under AWS's own runtime client, in child processes. */
export class LambdaService implements Service {
  readonly signingNames = ['lambda'];
  readonly resourceTypes: readonly ResourceType[] = lambdaResourceTypes({
    createFunction: (resource) => this.#createFunction(resource),
    createPermission: (resource) => this.#createPermission(resource),
    createMapping: (resource) => this.#createMapping(resource),
    createEventInvokeConfig: (resource) => this.#createEventInvokeConfig(resource),
  });
  readonly renderError: (error: AwsError) => AwsReply;
  readonly #options: LambdaServiceOptions;
  readonly #protocol = new RestJsonProtocol('Lambda', lambdaRoutes(this));
  readonly #functions = new Map<string, LambdaFunction>();
  readonly #mappings: EventSourceMapping[] = [];
  readonly #permissions = new ResourcePermissions();
  readonly #code = new CodeStore();
  readonly #guard = new ProcessGuard(this.#code.folder);
  readonly #asynchronous: AsyncInvocations;
  readonly #deadLetters: DeadLetters;

  constructor(options: LambdaServiceOptions) {
    this.#options = options;
    this.renderError = this.#protocol.renderError;
    this.#deadLetters = new DeadLetters(options);
    const stored = (options.state ?? State.inMemory()).map<StoredInvocation>('lambda-invocations');
    this.#asynchronous = new AsyncInvocations({ ...options, stored, giveUp: (event) => this.#deadLetters.take(event) });
  }

  /** Runs a function for somebody who must be allowed to. Throws AccessDeniedException otherwise. */
  async invokeAs(principal: Principal, functionArn: string, payload: string | Buffer): Promise<InvocationResult> {
    this.#options.access.require(principal, this.#invokePermission(functionArn));
    return this.invoke(functionArn, payload);
  }

  /** Runs a function, given by name or ARN, with a JSON event, and reads its whole response. */
  async invoke(functionArn: string, payload: string | Buffer, options: InvokeOptions = {}): Promise<InvocationResult> {
    const target = this.function(functionArn);
    return target.invoke(createInvocation(payload, MAX_EVENT_BYTES.synchronous, this.#options.clock, options));
  }

  /** Runs a function and gives its response as soon as it begins. */
  async invokeWithResponseStream(functionArn: string, payload: string | Buffer, options: InvokeOptions = {}): Promise<StreamedInvocation> {
    const target = this.function(functionArn);
    const invocation = createInvocation(payload, MAX_EVENT_BYTES.synchronous, this.#options.clock, options);
    const { response } = await target.run(invocation);
    const { body, ...rest }: FunctionResponse = await response;
    const stream = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body;
    return { requestId: invocation.requestId, ...rest, body: stream };
  }

  /** The same for somebody who must be allowed to, by the right to invoke. Throws AccessDeniedException otherwise. */
  async invokeWithResponseStreamAs(principal: Principal, functionArn: string, payload: string | Buffer): Promise<StreamedInvocation> {
    this.#options.access.require(principal, this.#invokePermission(functionArn));
    return this.invokeWithResponseStream(functionArn, payload);
  }

  /** Takes an event for asynchronous delivery, with Lambda's retries, and returns its request id. */
  invokeLater(functionArn: string, payload: string | Buffer, options: InvokeOptions = {}): string {
    const target = this.function(functionArn);
    const invocation = createInvocation(payload, MAX_EVENT_BYTES.asynchronous, this.#options.clock, options);
    this.#asynchronous.enqueue(target, invocation);
    return invocation.requestId;
  }

  /** The same for somebody who must be allowed to. Throws AccessDeniedException otherwise. */
  invokeLaterAs(principal: Principal, functionArn: string, payload: string | Buffer): string {
    const { arn } = this.function(functionArn).configuration;
    this.#options.access.require(principal, this.#invokePermission(arn));
    return this.invokeLater(arn, payload);
  }

  /** Removes a function with its environments. Who invokes it from now on finds none. */
  async deleteFunction(target: LambdaFunction): Promise<void> {
    this.#functions.delete(target.configuration.name);
    await target.stop();
  }

  /** The function of a name or ARN. Throws ResourceNotFoundException when there is none. */
  function(nameOrArn: string): LambdaFunction {
    const found = this.#functions.get(functionNameOf(nameOrArn));
    if (found) return found;
    const arn = nameOrArn.startsWith('arn:') ? nameOrArn : this.#arnOf(nameOrArn);
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404, { Type: 'User' });
  }

  functions(): readonly LambdaFunction[] {
    return [...this.#functions.values()];
  }

  eventSourceMappings(): readonly EventSourceMapping[] {
    return this.#mappings;
  }

  permissionsFor(call: AwsCall, operation: string): Permission[] | undefined {
    if (operation !== 'Invoke') return undefined;
    const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(call.path) ?? [];
    return [this.#invokePermission(decodeURIComponent(name))];
  }

  resourcePolicyOf(functionArn: string): object | undefined {
    return this.#permissions.policyOf(functionArn);
  }

  resourcePolicies(): Iterable<[functionArn: string, document: object]> {
    return this.#permissions.all();
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall): Promise<AwsReply> {
    return this.#protocol.handle(call);
  }

  /**
   * Starts to poll, and takes up the events that an earlier run has left under way: not before everything is there that functions may call,
   * and that may call them.
   */
  async resume(): Promise<void> {
    for (const mapping of this.#mappings) if (mapping.configuration.enabled) mapping.start();
    this.#asynchronous.resume((name) => this.#functions.get(name));
  }

  /** Ends all polling and every process, and removes the copies of the code. */
  async stop(): Promise<void> {
    this.#asynchronous.halt();
    for (const mapping of this.#mappings) mapping.stop();
    await Promise.all(this.functions().map((target) => target.stop()));
    await Promise.all(this.#mappings.map((mapping) => mapping.finished()));
    await this.#asynchronous.stop();
    await this.#guard.close();
    await this.#code.remove();
  }

  async #createFunction(resource: TemplateResource): Promise<ResourceIdentity> {
    const configuration = readFunction(resource, (name) => this.#arnOf(name));
    if (this.#functions.has(configuration.name)) {
      throw new AwsError('ResourceConflictException', `Function already exist: ${configuration.name}`, 409, { Type: 'User' });
    }
    this.#assume(configuration.roleArn, configuration.arn);
    this.#deadLetters.verify(configuration);
    const taskRoot = await this.#code.put(configuration.name, configuration.code);
    this.#functions.set(configuration.name, new LambdaFunction(configuration, taskRoot, this.#guard, this.#options));
    return { ref: configuration.name, attributes: { Arn: configuration.arn } };
  }

  async #createPermission(resource: TemplateResource): Promise<ResourceIdentity> {
    const { properties, logicalId } = resource;
    this.#permissions.add(resource, this.#arnOf(functionNameOf(String(properties['FunctionName']))));
    return { ref: logicalId, attributes: { Id: logicalId } };
  }

  async #createMapping(resource: TemplateResource): Promise<ResourceIdentity> {
    const configuration = readMapping(resource);
    const { clock, region, access, queues, report } = this.#options;
    const target = this.function(configuration.functionName);
    const mapping = new EventSourceMapping(configuration, {
      clock,
      region,
      access,
      queues,
      role: target.role,
      functionTimeoutMs: target.configuration.timeoutMs,
      report,
      invoke: (event) => target.invoke(createInvocation(JSON.stringify(event), MAX_EVENT_BYTES.synchronous, clock, {})),
    });
    await mapping.verify();
    this.#mappings.push(mapping);
    const { uuid } = configuration;
    const arn = `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:event-source-mapping:${uuid}`;
    return { ref: uuid, attributes: { Id: uuid, EventSourceMappingArn: arn } };
  }

  async #createEventInvokeConfig({ properties, logicalId }: TemplateResource): Promise<ResourceIdentity> {
    if (properties['DestinationConfig'] !== undefined) throw notEmulated('DestinationConfig of AWS::Lambda::EventInvokeConfig');
    const { FunctionName, Qualifier = '$LATEST', MaximumRetryAttempts, MaximumEventAgeInSeconds } = properties;
    const target = this.function(`${functionNameOf(String(FunctionName))}:${String(Qualifier)}`);
    this.#asynchronous.configure(target.configuration.name, {
      retryAttempts: MaximumRetryAttempts === undefined ? undefined : Number(MaximumRetryAttempts),
      maxEventAgeMs: MaximumEventAgeInSeconds === undefined ? undefined : Number(MaximumEventAgeInSeconds) * 1000,
    });
    return { ref: logicalId };
  }

  /** Throws when a role does not let Lambda take it on (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html). */
  #assume(roleArn: string, functionArn: string): void {
    try {
      const lambda: Principal = { kind: 'service', name: 'lambda.amazonaws.com', sourceArn: functionArn };
      this.#options.access.require(lambda, { action: 'sts:AssumeRole', resource: roleArn });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const message = `The role defined for the function cannot be assumed by Lambda: ${error.message}`;
      throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
    }
  }

  #invokePermission(functionNameOrArn: string): Permission {
    return { action: 'lambda:InvokeFunction', resource: this.#arnOf(functionNameOf(functionNameOrArn)) };
  }

  #arnOf(name: string): string {
    return `arn:aws:lambda:${this.#options.region}:${LOCAL_ACCOUNT}:function:${name}`;
  }
}
