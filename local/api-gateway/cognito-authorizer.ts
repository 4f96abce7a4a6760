import { GatewayError } from './gateway-error.ts';
import { type ApiRequest, headerValues } from './http-message.ts';

/**
 * Whoever can tell a user pool's own tokens. Resolves to the token's claims. Rejects a token with an error that has a
 * `code`, which is `ERR_JWT_EXPIRED` when nothing but its age is wrong with it; an error without one is a failure.
 */
export interface TokenVerifier {
  verifyToken(userPoolArn: string, token: string): Promise<Record<string, unknown>>;
}

export interface CognitoAuthorizerOptions {
  readonly verifier: TokenVerifier;
  readonly userPoolArns: readonly string[];
  /** The header that carries the token. */
  readonly headerName: string;
  /** Told of a verifier that failed rather than refused. */
  readonly report: (line: string) => void;
}

/**
 * A `COGNITO_USER_POOLS` authorizer. A method without scopes wants an ID token, one with scopes an access token that
 * holds at least one of them
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html).
 */
export class CognitoAuthorizer {
  readonly #options: CognitoAuthorizerOptions;

  constructor(options: CognitoAuthorizerOptions) {
    this.#options = options;
  }

  /** The caller's claims as an integration sees them. Throws a GatewayError when the token is missing or not good enough. */
  async authorize(request: ApiRequest, scopes: readonly string[]): Promise<Record<string, string>> {
    const values = headerValues(request.headers, this.#options.headerName);
    const [value] = values;
    if (!value || values.length > 1) throw unauthorized();
    const token = value.replace(/^Bearer\s+/i, '').trim();
    const claims = await this.#verify(token);
    if (!isWanted(claims, scopes)) throw unauthorized();
    return claimsAsText(claims);
  }

  async #verify(token: string): Promise<Record<string, unknown>> {
    const { verifier, userPoolArns, report } = this.#options;
    let hasExpired = false;
    for (const userPoolArn of userPoolArns) {
      try {
        return await verifier.verifyToken(userPoolArn, token);
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined) report(`The authorizer could not verify a token against ${userPoolArn}: ${error}`);
        hasExpired ||= code === 'ERR_JWT_EXPIRED';
      }
    }
    throw hasExpired ? new GatewayError('UNAUTHORIZED', 'The incoming token has expired') : unauthorized();
  }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function unauthorized(): GatewayError {
  return new GatewayError('UNAUTHORIZED', 'Unauthorized');
}

function isWanted(claims: Record<string, unknown>, scopes: readonly string[]): boolean {
  if (scopes.length === 0) return claims['token_use'] === 'id';
  if (claims['token_use'] !== 'access') return false;
  const granted = String(claims['scope'] ?? '').split(' ');
  return scopes.some((scope) => granted.includes(scope));
}

/** Claims as REST APIs pass them on: everything is text, `exp` and `iat` are dates, `auth_time` stays in epoch seconds. */
function claimsAsText(claims: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      if ((name === 'exp' || name === 'iat') && typeof value === 'number') return [name, dateText(value)];
      if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return [name, value.join(',')];
      return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)];
    }),
  );
}

/** `Fri Nov 20 11:00:00 UTC 2026`. */
function dateText(epochSeconds: number): string {
  const [weekday, day, month, year, time] = new Date(epochSeconds * 1000).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
