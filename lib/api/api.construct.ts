import { Duration } from 'aws-cdk-lib';
import {
  AuthorizationType,
  type CfnRestApi,
  type CfnStage,
  CognitoUserPoolsAuthorizer,
  EndpointAccessMode,
  EndpointType,
  LambdaIntegration,
  type MethodOptions,
  RequestValidator,
  type Resource,
  ResponseTransferMode,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { FunctionContract, RouteContract } from '../../lambdas/shared/function.contract.ts';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import { acknowledge } from '../platform/compliance.ts';
import type { StageConfig } from '../stage-config.ts';
import { accessLog } from './access-log.ts';
import { addProblemResponses } from './gateway-responses.ts';
import { addPreflight } from './preflight.ts';
import { provideGuard } from './request-guard.ts';
import { requestModelSchema } from './request-model.ts';
import { costlyThrottle, readThrottle, type Throttle } from './throttling.ts';

/** The scope of every access token that an SDK or SRP sign-in returns. */
const SIGNED_IN_SCOPE = 'aws.cognito.signin.user.admin';
/** API Gateway's own limit for an integration that does not stream. */
const INTEGRATION_TIMEOUT = Duration.seconds(29);
/** Longer than the function may take that answers a method which streams. */
const STREAMING_TIMEOUT = Duration.seconds(70);

export interface ApiProps {
  readonly config: StageConfig;
  readonly userPool: IUserPool;
  readonly userPoolClient: IUserPoolClient;
  /** Where requests are counted. */
  readonly usageTable: ITable;
}

/**
 * The REST API. Capabilities add the routes of their contracts to it; every route but the public ones needs an access token. It has no
 * binary media types (recordings come in base64 within JSON), no compression and no domain of its own.
 */
export class Api extends Construct {
  readonly #props: ApiProps;
  readonly #restApi: RestApi;
  readonly #authorizer: CognitoUserPoolsAuthorizer;
  readonly #bodyValidator: RequestValidator;
  readonly #methodSettings: CfnStage.MethodSettingProperty[];

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { config } = props;
    this.#props = props;
    this.#restApi = new RestApi(this, 'RestApi', {
      restApiName: `manuel-${config.name}`,
      endpointTypes: [EndpointType.REGIONAL],
      disableExecuteApiEndpoint: false,
      cloudWatchRole: false,
      deployOptions: { stageName: 'v1', tracingEnabled: config.tracing, ...accessLog(this, config) },
    });
    refuseOldTls(this.#restApi);
    this.#methodSettings = [throttled('/*', '*', readThrottle(config))];
    (this.#restApi.deploymentStage.node.defaultChild as CfnStage).methodSettings = this.#methodSettings;
    this.#authorizer = new CognitoUserPoolsAuthorizer(this, 'Authorizer', {
      cognitoUserPools: [props.userPool],
      resultsCacheTtl: Duration.seconds(0),
    });
    this.#bodyValidator = new RequestValidator(this, 'BodyValidator', { restApi: this.#restApi, validateRequestBody: true });
    addProblemResponses(this.#restApi, config.corsOrigins);
    this.#acknowledge(config);
  }

  /** By which CloudWatch knows it, as `ApiName`. */
  get name(): string {
    return this.#restApi.restApiName;
  }

  get url(): string {
    return this.#restApi.url;
  }

  /** What a web ACL is put before. */
  get stageArn(): string {
    return this.#restApi.deploymentStage.stageArn;
  }

  /** Serves every route of a contract by its function, and tells the function what it needs to know of the API. */
  serve(contract: FunctionContract, fn: CapabilityFunction): void {
    fn.provide({
      USER_POOL_CLIENT_ID: this.#props.userPoolClient.userPoolClientId,
      CORS_ORIGINS: this.#props.config.corsOrigins.join(','),
    });
    const routes = Object.entries<RouteContract>(contract.routes ?? {});
    if (routes.some(([, { access }]) => access === 'user')) provideGuard(fn, this.#props.config, this.#props.usageTable);
    const integrate = ({ streams }: RouteContract) =>
      new LambdaIntegration(fn, {
        timeout: streams ? STREAMING_TIMEOUT : INTEGRATION_TIMEOUT,
        responseTransferMode: streams ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
        allowTestInvoke: false,
      });
    for (const [name, route] of routes) {
      const resource = this.#restApi.root.resourceForPath(route.path);
      const access = { ...this.#access(route), ...this.#body(`${contract.name}-${name}`, route) };
      const method = resource.addMethod(route.method, integrate(route), access);
      if (route.access === 'public') {
        const reason = 'Tells that the API is there, and its version: nothing of anybody.';
        for (const rule of ['AwsSolutions-APIG4', 'AwsSolutions-COG4']) acknowledge(method, rule, reason);
      }
      this.#answerPreflights(resource);
      this.#throttle(route);
    }
  }

  /** Of a route, and not of what is merely on the way to one. */
  #answerPreflights(resource: Resource): void {
    const { corsOrigins } = this.#props.config;
    const isAnswered = resource.node.tryFindChild('OPTIONS') !== undefined;
    if (corsOrigins.length > 0 && !isAnswered) addPreflight(resource, corsOrigins);
  }

  #throttle({ method, path }: RouteContract): void {
    // Every POST starts something that costs: a question, a transcription, an upload.
    if (method !== 'POST') return;
    this.#methodSettings.push(throttled(`/${path.replaceAll('/', '~1')}`, method, costlyThrottle(this.#props.config)));
  }

  #acknowledge({ waf, tracing }: StageConfig): void {
    const { deploymentStage } = this.#restApi;
    acknowledge(this.#restApi, 'AwsSolutions-APIG2', 'Every method that takes a body validates it, and the function behind it again.');
    acknowledge(
      deploymentStage,
      'AwsSolutions-APIG6',
      'Execution logs would hold tokens and questions; access logs and those of the functions do not.',
    );
    acknowledge(
      deploymentStage,
      'AwsSolutions-APIG3',
      waf
        ? 'The web ACL is of another stack, which associates it with this.'
        : 'This stage has no web ACL, which costs $13 a month; its functions limit rates themselves.',
    );
    if (!tracing) acknowledge(deploymentStage, 'Serverless-APIGWXrayEnabled', 'This stage does not trace.');
  }

  #access({ access }: RouteContract): MethodOptions {
    if (access === 'public') return { authorizationType: AuthorizationType.NONE };
    return { authorizer: this.#authorizer, authorizationType: AuthorizationType.COGNITO, authorizationScopes: [SIGNED_IN_SCOPE] };
  }

  /**
   * The model is for JSON alone: a body of another type is not validated here
   * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html), so that the function can
   * refuse it for its type, which API Gateway does only for what it maps itself.
   */
  #body(id: string, { body }: RouteContract): MethodOptions {
    if (!body) return {};
    const model = this.#restApi.addModel(id, { contentType: 'application/json', schema: requestModelSchema(body) });
    return { requestValidator: this.#bodyValidator, requestModels: { 'application/json': model } };
  }
}

function throttled(resourcePath: string, httpMethod: string, { rate, burst }: Throttle): CfnStage.MethodSettingProperty {
  // What is given for a method takes the place of all that is given for the stage.
  return { resourcePath, httpMethod, throttlingRateLimit: rate, throttlingBurstLimit: burst, dataTraceEnabled: false };
}

/**
 * TLS 1.2 with forward secrecy at least, where a regional API takes TLS 1.0 unless it is told otherwise
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html). RestApi has no properties for it.
 */
function refuseOldTls(restApi: RestApi): void {
  const resource = restApi.node.defaultChild as CfnRestApi;
  resource.securityPolicy = SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09;
  resource.endpointAccessMode = EndpointAccessMode.STRICT;
}
