import type { LogSink } from '../logs/log-sink.ts';
import { type AwsCall, type AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Firewall } from '../platform/firewall.ts';
import type { Measure } from '../platform/measurement.ts';
import { jsonReply } from '../platform/rest-json-protocol.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import type { TokenVerifier } from './cognito-authorizer.ts';
import { HttpServer } from './http-server.ts';
import { stageArn } from './identifiers.ts';
import { type FunctionInvoker, LambdaProxy } from './lambda-proxy.ts';
import { RequestHandler } from './request-handler.ts';
import { measured } from './request-metrics.ts';
import { resourceTypes } from './resource-types.ts';
import { Parts, type RestApi } from './rest-api.ts';

export interface ApiGatewayOptions {
  readonly clock: Clock;
  /** Where the functions live that methods may name. */
  readonly region: string;
  /** Runs the functions that methods are integrated with. */
  readonly functions: FunctionInvoker;
  /** Verifies the tokens that authorizers are shown. */
  readonly authorizers: TokenVerifier;
  /** Takes the stage's access log. */
  readonly logs: LogSink;
  /** Stands before the API, where the templates have a web ACL. */
  readonly firewall?: Firewall | undefined;
  /** Takes what CloudWatch is told of each request. */
  readonly measure: Measure;
  /** Takes lines for the developer: why a request failed, which setting is not honoured. */
  readonly report: (line: string) => void;
}

/**
 * API Gateway's REST APIs, put together from the template and served over HTTP on the loopback interface. The
 * management API is not served: the template is the only one who makes APIs here.
 */
export class ApiGatewayService implements Service {
  readonly signingNames = ['apigateway'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #apis = new Parts<RestApi>('API');
  readonly #handler: RequestHandler;
  readonly #server: HttpServer;
  readonly #region: string;

  constructor({ clock, region, functions, authorizers, firewall, logs, measure, report }: ApiGatewayOptions) {
    this.#region = region;
    const lambdaProxy = new LambdaProxy({ functions, clock, region, report });
    this.#handler = new RequestHandler({ clock, region, report, firewall, lambdaProxy });
    this.resourceTypes = resourceTypes({ apis: this.#apis, region, verifier: authorizers, logs, report });
    this.#server = new HttpServer({
      answer: (request, clientGone) => {
        const api = this.#theApi();
        return measured(api, () => this.#handler.handle(api, request, clientGone), { clock, measure });
      },
      report,
    });
  }

  /**
   * Serves the one API of the template on `port` (0 for a free one) and gives its address, `http://127.0.0.1:<port>`.
   * Throws when there is no such API, or when it has no stage.
   */
  async listen(port: number): Promise<string> {
    this.#theApi().requireStage();
    return this.#server.listen(port);
  }

  /** Whether one of the APIs has a stage of this ARN. */
  hasStage(arn: string): boolean {
    return this.#apis.all().some((api) => stageArn(this.#region, api.deployment) === arn);
  }

  /** Stops serving; open connections are dropped. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  async stop(): Promise<void> {
    await this.close();
  }

  operationOf(request: RawRequest): string {
    return `${request.method} ${request.path}`;
  }

  async handle(_call: AwsCall, operation: string): Promise<AwsReply> {
    throw notEmulated(`API Gateway's management API (${operation})`);
  }

  renderError(error: AwsError): AwsReply {
    const reply = jsonReply(error.status, { message: error.message, ...error.members });
    return { ...reply, headers: { ...reply.headers, 'x-amzn-errortype': error.code } };
  }

  #theApi(): RestApi {
    const [api, ...others] = this.#apis.all();
    if (!api) throw new Error('there is no REST API to serve');
    if (others.length > 0) throw new Error('one REST API is served at a time, and the templates hold several');
    return api;
  }
}
