import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Firewall } from '../platform/firewall.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import { jsonReply } from '../platform/rest-json-protocol.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import { State } from '../platform/state.ts';
import { addressedPool } from './addressed-pool.ts';
import { Mail } from './mail.ts';
import { notEmulatedOperations } from './not-emulated.operations.ts';
import { Outbox } from './outbox.ts';
import { passwordRecoveryOperations } from './password-recovery.operations.ts';
import { poolDescriptionOperations } from './pool-description.operations.ts';
import { profileOperations } from './profile.operations.ts';
import { blockedByFirewall } from './refusals.ts';
import { signInPageTypes, userPoolClientType, userPoolType } from './resource-types.ts';
import { signInOperations } from './sign-in.operations.ts';
import { signUpOperations } from './sign-up.operations.ts';
import { softwareTokenOperations } from './software-token.operations.ts';
import { tokenOperations } from './token.operations.ts';
import { userAdministrationOperations } from './user-administration.operations.ts';
import { UserPools } from './user-pools.ts';

const TARGET_PREFIX = 'AWSCognitoIdentityProviderService.';
const JWKS_OPERATION = 'GetJsonWebKeySet';
const JWKS_PATH = /^\/([\w-]+)\/\.well-known\/jwks\.json$/;

/** Cognito user pools: sign-up, sign-in by SRP, tokens signed with the pool's own key. */
export class CognitoService implements Service {
  readonly signingNames = ['cognito-idp'];
  readonly resourceTypes: readonly ResourceType[];
  /** The mail that users would have got: verification codes and invitations. */
  readonly outbox: Outbox;
  readonly #pools = new UserPools();
  readonly #clock: Clock;
  readonly #firewall: Firewall | undefined;
  readonly #protocol: JsonProtocol;
  readonly #publicOperations: ReadonlySet<string>;

  /** Where the templates have a web ACL, `firewall` stands before the public operations. */
  constructor(options: { clock: Clock; region: string; firewall?: Firewall | undefined; report?: (line: string) => void; state?: State }) {
    const { clock, region, state = State.inMemory() } = options;
    this.#clock = clock;
    this.#firewall = options.firewall;
    this.outbox = new Outbox(options.report ?? (() => {}), state.map('cognito-outbox'));
    this.resourceTypes = [
      userPoolType(this.#pools, { clock, region, state }),
      userPoolClientType(this.#pools),
      ...signInPageTypes(this.#pools),
    ];
    const mail = new Mail(this.outbox, options.clock);
    const unsigned = {
      ...signUpOperations(this.#pools, mail),
      ...signInOperations(this.#pools, options.clock),
      ...tokenOperations(this.#pools, options.clock),
      ...passwordRecoveryOperations(this.#pools, mail),
      ...softwareTokenOperations(this.#pools, options.clock),
      ...profileOperations(this.#pools, mail, options.clock),
      ...notEmulatedOperations,
    };
    const signed = { ...userAdministrationOperations(this.#pools, mail), ...poolDescriptionOperations(this.#pools) };
    this.#publicOperations = new Set(Object.keys(unsigned));
    this.#protocol = new JsonProtocol('Cognito user pools', '1.1', { ...unsigned, ...signed });
  }

  acceptsUnsigned(request: RawRequest): boolean {
    if (isKeySetRequest(request)) return true;
    const target = request.headers['x-amz-target'] ?? '';
    return target.startsWith(TARGET_PREFIX) && this.#publicOperations.has(target.slice(TARGET_PREFIX.length));
  }

  operationOf(request: RawRequest): string {
    return isKeySetRequest(request) ? JWKS_OPERATION : this.#protocol.operationOf(request);
  }

  async handle(call: AwsCall, operation: string): Promise<AwsReply> {
    if (operation === JWKS_OPERATION) return this.#publishKeys(call);
    if (this.#publicOperations.has(operation)) this.#passFirewall(call);
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);

  /**
   * The claims of an ID or access token of that pool, as an authorizer checks them: signature, issuer and expiry. As on
   * AWS, a revoked token passes until it expires. Throws for every other token, and for a pool that isn't there.
   */
  async verifyToken(userPoolArn: string, token: string): Promise<JWTPayload> {
    const pool = this.#pools.findByArn(userPoolArn);
    if (!pool) throw new Error(`there is no user pool ${userPoolArn}`);
    const claims = await pool.signingKey.verify(token, pool.issuer, this.#clock.now());
    if (claims['token_use'] !== 'id' && claims['token_use'] !== 'access') throw new Error('the token is neither an ID nor an access token');
    return claims;
  }

  /** Whether there is a pool of that ARN. */
  hasPool(arn: string): boolean {
    return this.#pools.findByArn(arn) !== undefined;
  }

  /** Operations of administrators, which are signed, no web ACL looks at (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html). */
  #passFirewall({ headers, body, ...call }: AwsCall): void {
    const pool = this.#firewall && addressedPool(this.#pools, body);
    if (!pool) return;
    const request = { ...call, headers: Object.entries(headers), requestId: randomUUID() };
    if (this.#firewall?.judge(pool.arn, request) === 'BLOCK') throw blockedByFirewall();
  }

  #publishKeys(call: AwsCall): AwsReply {
    const [, poolId = ''] = JWKS_PATH.exec(call.path) ?? [];
    const pool = this.#pools.find(poolId);
    if (!pool) throw new AwsError('ResourceNotFoundException', `User pool ${poolId} does not exist.`, 404);
    return jsonReply(200, { keys: [pool.signingKey.jwk] });
  }
}

function isKeySetRequest(request: RawRequest): boolean {
  return request.method === 'GET' && JWKS_PATH.test(request.path);
}
