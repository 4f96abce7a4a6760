import { Duration } from 'aws-cdk-lib';
import {
  AuthorizationType,
  CognitoUserPoolsAuthorizer,
  type CorsOptions,
  EndpointType,
  LambdaIntegration,
  type MethodOptions,
  RequestValidator,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { FunctionContract, RouteContract } from '../../lambdas/shared/function.contract.ts';
import type { CapabilityFunction } from '../platform/capability-function.ts';
import { acknowledge } from '../platform/compliance.ts';
import type { StageConfig } from '../stage-config.ts';
import { addProblemResponses } from './gateway-responses.ts';
import { requestModelSchema } from './request-model.ts';

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
}

/** The REST API. Capabilities add the routes of their contracts to it; every route but the public ones needs an access token. */
export class Api extends Construct {
  readonly #props: ApiProps;
  readonly #restApi: RestApi;
  readonly #authorizer: CognitoUserPoolsAuthorizer;
  readonly #bodyValidator: RequestValidator;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.#props = props;
    this.#restApi = new RestApi(this, 'RestApi', {
      restApiName: `manuel-${props.config.name}`,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: { stageName: 'v1', tracingEnabled: props.config.tracing },
      ...(props.config.corsOrigins.length > 0 && { defaultCorsPreflightOptions: preflights(props.config.corsOrigins) }),
    });
    this.#authorizer = new CognitoUserPoolsAuthorizer(this, 'Authorizer', {
      cognitoUserPools: [props.userPool],
      resultsCacheTtl: Duration.seconds(0),
    });
    this.#bodyValidator = new RequestValidator(this, 'BodyValidator', { restApi: this.#restApi, validateRequestBody: true });
    addProblemResponses(this.#restApi, props.config.corsOrigins);
    this.#acknowledge(props.config);
  }

  get url(): string {
    return this.#restApi.url;
  }

  /** Serves every route of a contract by its function, and tells the function what it needs to know of the API. */
  serve(contract: FunctionContract, fn: CapabilityFunction): void {
    fn.provide({
      USER_POOL_CLIENT_ID: this.#props.userPoolClient.userPoolClientId,
      CORS_ORIGINS: this.#props.config.corsOrigins.join(','),
    });
    const integrate = ({ streams }: RouteContract) =>
      new LambdaIntegration(fn, {
        timeout: streams ? STREAMING_TIMEOUT : INTEGRATION_TIMEOUT,
        responseTransferMode: streams ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
        allowTestInvoke: false,
      });
    for (const [name, route] of Object.entries<RouteContract>(contract.routes ?? {})) {
      const method = this.#restApi.root
        .resourceForPath(route.path)
        .addMethod(route.method, integrate(route), { ...this.#access(route), ...this.#body(`${contract.name}-${name}`, route) });
      if (route.access === 'public') {
        const reason = 'Tells that the API is there, and its version: nothing of anybody.';
        for (const rule of ['AwsSolutions-APIG4', 'AwsSolutions-COG4']) acknowledge(method, rule, reason);
      }
    }
  }

  #acknowledge({ waf, tracing }: StageConfig): void {
    const { deploymentStage } = this.#restApi;
    acknowledge(this.#restApi, 'AwsSolutions-APIG2', 'Every method that takes a body validates it, and the function behind it again.');
    acknowledge(
      deploymentStage,
      'AwsSolutions-APIG6',
      'Execution logs would hold tokens and questions; access logs and those of the functions do not.',
    );
    if (!waf)
      acknowledge(
        deploymentStage,
        'AwsSolutions-APIG3',
        'This stage has no web ACL, which costs $11 a month; its functions limit rates themselves.',
      );
    if (!tracing) acknowledge(deploymentStage, 'Serverless-APIGWXrayEnabled', 'This stage does not trace.');
  }

  #access({ access }: RouteContract): MethodOptions {
    if (access === 'public') return { authorizationType: AuthorizationType.NONE };
    return { authorizer: this.#authorizer, authorizationType: AuthorizationType.COGNITO, authorizationScopes: [SIGNED_IN_SCOPE] };
  }

  #body(id: string, { body }: RouteContract): MethodOptions {
    if (!body) return {};
    const model = this.#restApi.addModel(id, { contentType: 'application/json', schema: requestModelSchema(body) });
    return { requestValidator: this.#bodyValidator, requestModels: { 'application/json': model } };
  }
}

/** What a page of another origin may ask. */
function preflights(origins: readonly string[]): CorsOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    allowHeaders: ['Authorization', 'Content-Type', 'Accept'],
    maxAge: Duration.hours(1),
  };
}
