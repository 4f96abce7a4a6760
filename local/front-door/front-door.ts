import { Readable } from 'node:stream';
import type { Authorizer } from '../iam/authorizer.ts';
import { AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { ANONYMOUS, type Principal } from '../platform/principal.ts';
import type { Service } from '../platform/service.ts';
import type { AccessKeys } from './access-keys.ts';
import { CallCounts } from './call-counts.ts';
import { type AnswerFate, Faults } from './faults.ts';
import { abort, type ReceivedRequest, receive, send } from './http-exchange.ts';
import { HttpListener, type HttpRequest, type HttpResponse } from './http-listener.ts';
import { isSigned, verifySignature } from './signature.ts';

export interface FrontDoorOptions {
  readonly keys: AccessKeys;
  /** Decides about every call whose signature holds. */
  readonly access: Authorizer;
  readonly clock: Clock;
  /** The only region that calls may be signed for; any is when absent. */
  readonly region?: string;
  /** Called with what went wrong inside an emulated service: a fault of the emulator, never of the caller. */
  readonly onInternalError: (error: unknown) => void;
}

/** A request whose signature holds, or that needs none. */
interface Admission {
  readonly service: Service;
  readonly signingName: string;
  readonly principal: Principal;
}

/**
 * The one endpoint for all AWS calls, HTTP/1.1 and HTTP/2 on one loopback port. Verifies every signature, finds the
 * service by the signature's scope, and answers in that service's protocol.
 */
export class FrontDoor {
  readonly faults: Faults;
  readonly calls = new CallCounts();
  readonly #options: FrontDoorOptions;
  readonly #services: Service[] = [];
  readonly #listener = new HttpListener((request, response) => void this.#serve(request, response));
  #endpoint: string | undefined;
  #held: Promise<void> | undefined;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.faults = new Faults(options.clock);
  }

  /** `http://127.0.0.1:<port>`. An address and not a name, so that S3 clients choose path style. */
  get endpoint(): string {
    if (!this.#endpoint) throw new Error('the front door does not listen yet');
    return this.#endpoint;
  }

  register(...services: Service[]): void {
    this.#services.push(...services);
    this.#options.access.register(...services);
    this.faults.allow(services.flatMap(({ signingNames }) => signingNames));
  }

  /** Listens on the loopback interface; port 0 takes a free one. Throws when the port is taken. */
  async listen(port = 0): Promise<string> {
    this.#endpoint = `http://127.0.0.1:${await this.#listener.listen(port)}`;
    return this.#endpoint;
  }

  /** Keeps every request waiting until what it gives is called: a client of an earlier run may be there before the resources are. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    await this.#listener.close();
  }

  async #serve(request: HttpRequest, response: HttpResponse): Promise<void> {
    try {
      const received = await receive(request);
      if (!received) return;
      await this.#held;
      const reply = await this.#answer(received);
      if (reply === 'drop') abort(request);
      else await send(response, reply);
    } catch (error) {
      this.#options.onInternalError(error);
      abort(request);
    }
  }

  async #answer({ request, flaw }: ReceivedRequest): Promise<AwsReply | 'drop'> {
    // Whom a request is for is read before it is proved, so that a refusal is worded in the protocol that the caller speaks.
    const addressee = isSigned(request) ? this.#serviceOf(claimedService(request)) : this.#serviceWithoutSignature(request);
    try {
      if (flaw) throw flaw;
      const { service, signingName, principal } = this.#admit(request);
      const operation = service.operationOf(request);
      await this.#options.access.authorize(service, operation, principal, request);
      this.calls.note(principal, signingName, operation);
      const fate = await this.faults.strike(signingName, operation);
      return spoil(await service.handle({ ...request, principal }, operation), fate);
    } catch (error) {
      if (!(error instanceof AwsError)) this.#options.onInternalError(error);
      const refusal = error instanceof AwsError ? error : new AwsError('InternalFailure', 'The emulated service failed; see the log.', 500);
      return addressee ? addressee.renderError(refusal, request) : renderPlainError(refusal);
    }
  }

  #admit(request: RawRequest): Admission {
    if (!isSigned(request)) {
      const service = this.#serviceWithoutSignature(request);
      if (!service) throw new AwsError('MissingAuthenticationToken', 'The request carries no signature.', 403);
      return { service, signingName: service.signingNames[0] ?? '', principal: ANONYMOUS };
    }
    const { keys, region } = this.#options;
    const { key, scope } = verifySignature(request, { keys, wallClockMs: Date.now(), ...(region !== undefined && { region }) });
    const service = this.#serviceOf(scope.service);
    if (!service) {
      throw new AwsError('UnknownEndpoint', `The local runtime serves nothing under the signing name "${scope.service}".`, 501);
    }
    return { service, signingName: scope.service, principal: key.principal };
  }

  #serviceOf(signingName: string | undefined): Service | undefined {
    return this.#services.find((service) => signingName !== undefined && service.signingNames.includes(signingName));
  }

  #serviceWithoutSignature(request: RawRequest): Service | undefined {
    return this.#services.find((service) => service.acceptsUnsigned?.(request));
  }
}

/** The service that a signature's scope names, whether or not the signature is good. */
function claimedService({ headers, queryString }: RawRequest): string | undefined {
  const source = headers['authorization'] ?? `Credential=${new URLSearchParams(queryString).get('X-Amz-Credential')}`;
  return /Credential=[^/\s]+\/\d+\/[^/\s]+\/([^/\s]+)\/aws4_request/.exec(source)?.[1];
}

/** Does to an answer what an armed fault demands, now that the work is done. */
function spoil(reply: AwsReply, fate: AnswerFate): AwsReply | 'drop' {
  if (fate === 'answer') return reply;
  if (reply.body instanceof Readable) reply.body.destroy();
  if (fate === 'drop') return 'drop';
  const headers = Object.entries(reply.headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  return { ...reply, headers: Object.fromEntries(headers), body: '<not what was asked for' };
}

function renderPlainError(error: AwsError): AwsReply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}
