import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { RequestKind } from '../../usage/rate.ts';
import type { Caller } from '../caller.ts';
import type { RouteContract } from '../function.contract.ts';
import { Admission } from './admission.ts';
import { networkOf, within } from './client-address.ts';
import { Refusal } from './refusal.ts';

/** What a stage lets in. */
export interface GuardRules {
  /** Ranges of addresses in CIDR notation; any address where there is none. */
  readonly allowlist: readonly string[];
  readonly maxBodyBytes: number;
  readonly requestsPerMinute: { readonly user: number; readonly network: number };
}

interface Rates {
  countUser(caller: Caller, kind: RequestKind, requestsPerMinute: number): Promise<void>;
  countNetwork(network: string, kind: RequestKind, requestsPerMinute: number): Promise<void>;
}

/** What stands before every route that wants a token. Signatures and the screening of questions will have their place here, too. */
export class RequestGuard {
  readonly #rates: Rates;
  readonly #rules: GuardRules;
  readonly #isListed: (address: string) => boolean;

  constructor(rates: Rates, rules: GuardRules) {
    this.#rates = rates;
    this.#rules = rules;
    this.#isListed = within(rules.allowlist);
  }

  /** Throws a Refusal of what can be refused at sight, which costs no call. */
  inspect(event: APIGatewayProxyEvent): void {
    this.#checkAddress(addressOf(event));
    const { body } = event;
    if (body === null || body === '') return;
    this.#checkSize(Buffer.byteLength(body, event.isBase64Encoded ? 'base64' : 'utf8'));
    checkType(event);
  }

  /** Begins to count a request. */
  admit(event: APIGatewayProxyEvent, { method }: RouteContract, caller: Caller): Admission {
    const kind = method === 'GET' ? 'read' : 'request';
    const { user, network } = this.#rules.requestsPerMinute;
    return new Admission({
      user: () => this.#rates.countUser(caller, kind, user),
      network: () => this.#rates.countNetwork(networkOf(addressOf(event)), kind, network),
      requestsPerMinute: user,
    });
  }

  #checkAddress(address: string): void {
    if (this.#rules.allowlist.length === 0 || this.#isListed(address)) return;
    throw new Refusal('allowlist', 'forbidden', 'Requests are not accepted from your network.');
  }

  #checkSize(bytes: number): void {
    const { maxBodyBytes } = this.#rules;
    if (bytes <= maxBodyBytes) return;
    throw new Refusal('body_size', 'too_large', `A request's body has at most ${maxBodyBytes} bytes; this one has ${bytes}.`);
  }
}

/** As the gateway saw it. What headers say of it, `X-Forwarded-For` among them, a client can write. */
const addressOf = ({ requestContext }: APIGatewayProxyEvent): string => requestContext.identity.sourceIp;

function checkType({ headers }: APIGatewayProxyEvent): void {
  const [, type = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  if (/^\s*application\/json\s*(;|$)/i.test(type)) return;
  throw new Refusal('content_type', 'unsupported_type', 'A request’s body is JSON, and says so: Content-Type: application/json.');
}
