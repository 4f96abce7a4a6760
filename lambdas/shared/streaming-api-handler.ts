import type { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { prefersEvents } from './accept.ts';
import {
  type ApiEnvironment,
  type ApiRequest,
  enter,
  type GuardOf,
  ONE_PIECE,
  observed,
  problemResponse,
  type Routes,
  requestIdOf,
  responseHeaders,
  type TimeLimit,
  withinLimit,
} from './api-request.ts';
import { type AnswerInEvents, formatEvent, KEEP_ALIVE, type ServerSentEvent, UNDER_WAY, wholeOf } from './event-stream.ts';
import type { FunctionContract, RouteContract } from './function.contract.ts';
import { admittedEach } from './guard/admission.ts';
import { noSuchRoute, Problem } from './problem.ts';

/** For an answer in events. */
const IN_EVENTS: TimeLimit = { deadlineMs: 60_000, answerMs: 61_500 };
/** A stream is never silent for longer, since proxies on the way give up on silent ones. */
const KEEP_ALIVE_MS = 15_000;

export type StreamingRouteHandlers<Contract extends FunctionContract> = {
  readonly [Name in keyof Routes<Contract>]: (request: ApiRequest<Routes<Contract>[Name]>) => AnswerInEvents<ServerSentEvent, object>;
};

/**
 * The same as `apiHandler`, for a method that API Gateway streams: the answer comes in events to clients that would rather have them, and
 * as one JSON body to all others. What goes wrong before the first event is an ordinary problem with its status; after it, an `error`
 * event that carries the problem.
 */
export function streamingApiHandler<Contract extends FunctionContract>(
  contract: Contract,
  environment: ApiEnvironment,
  guard: GuardOf<Contract>,
  handlers: StreamingRouteHandlers<Contract>,
) {
  const routes = Object.entries<RouteContract>(contract.routes ?? {});

  const answerTo = (event: APIGatewayProxyEvent, limit: TimeLimit): AnswerInEvents<ServerSentEvent, object> => {
    const [name, route] = routes.find(([, { method, path }]) => method === event.httpMethod && path === event.resource) ?? [];
    if (name === undefined || route === undefined) throw noSuchRoute();
    const params = (event.pathParameters ?? {}) as Record<string, string>;
    const handle = handlers[name] as (request: object) => AnswerInEvents<ServerSentEvent, object>;
    const { admission, read } = enter(route, event, { environment, guard });
    const work = () => handle(read(params, limit));
    return admission ? admittedEach(admission, route, work) : work();
  };

  return awslambda.streamifyResponse(async (event: APIGatewayProxyEvent, output: Writable, context: Context) => {
    const response = new StreamedResponse(output, responseHeaders(environment, event));
    await observed(environment, event, context, async () => {
      const status = await (prefersEvents(acceptOf(event))
        ? respondInEvents(response, requestIdOf(event), () => answerTo(event, IN_EVENTS))
        : respondInOnePiece(response, requestIdOf(event), () => answerTo(event, ONE_PIECE)));
      return { status, result: undefined };
    });
    // Only now, since the environment may be frozen as soon as the response has ended.
    response.end();
  });
}

/** A response whose head is sent with its first piece. */
class StreamedResponse {
  readonly #output: Writable;
  readonly #headers: Readonly<Record<string, string>>;
  #body: Writable | undefined;

  constructor(output: Writable, headers: Readonly<Record<string, string>>) {
    this.#output = output;
    this.#headers = headers;
  }

  get begun(): boolean {
    return this.#body !== undefined;
  }

  begin(statusCode: number, headers: Readonly<Record<string, string>>): void {
    this.#body = awslambda.HttpResponseStream.from(this.#output, { statusCode, headers: { ...headers, ...this.#headers } });
  }

  write(text: string): void {
    this.#body?.write(text);
  }

  end(): void {
    this.#body?.end();
  }
}

type Answer = () => AnswerInEvents<ServerSentEvent, object>;

async function respondInOnePiece(response: StreamedResponse, requestId: string, answer: Answer): Promise<number> {
  const arrive = async () => wholeOf(answer());
  try {
    const whole = await withinLimit(arrive(), ONE_PIECE);
    response.begin(200, { 'Content-Type': 'application/json' });
    response.write(JSON.stringify(whole));
    return 200;
  } catch (error) {
    return refuse(response, error, requestId);
  }
}

/** Resolves with the status that the request ended with, which the status line tells only if nothing had been sent. */
async function respondInEvents(response: StreamedResponse, requestId: string, answer: Answer): Promise<number> {
  const events = new EventSender(response);
  const arrive = async () => events.tell(answer());
  try {
    await withinLimit(arrive(), IN_EVENTS);
    return 200;
  } catch (error) {
    if (!response.begun) return refuse(response, error, requestId);
    const { status, document } = problemResponse(error, requestId);
    events.send(formatEvent({ event: 'error', data: document }));
    return status;
  } finally {
    events.close();
  }
}

/** Sends events as they come, and a comment where none comes for long. */
class EventSender {
  readonly #response: StreamedResponse;
  readonly #keepAlive: NodeJS.Timeout;
  #underWay = false;
  #closed = false;

  constructor(response: StreamedResponse) {
    this.#response = response;
    this.#keepAlive = setInterval(() => {
      if (this.#underWay) this.send(KEEP_ALIVE);
    }, KEEP_ALIVE_MS);
  }

  /** Tells an answer to its end. Throws what it throws, and the Problem that it yields. */
  async tell(answer: AnswerInEvents<ServerSentEvent, object>): Promise<void> {
    let retraction: Problem | undefined;
    for await (const item of answer) {
      this.#underWay = true;
      this.#keepAlive.refresh();
      if (item instanceof Problem) retraction = item;
      else if (item !== UNDER_WAY && !retraction) this.send(formatEvent(item));
    }
    if (retraction) throw retraction;
  }

  send(text: string): void {
    if (this.#closed) return;
    if (!this.#response.begun) this.#response.begin(200, { 'Content-Type': 'text/event-stream' });
    this.#response.write(text);
  }

  /** Whatever an answer still says afterwards, nobody hears. */
  close(): void {
    clearInterval(this.#keepAlive);
    this.#closed = true;
  }
}

function refuse(response: StreamedResponse, error: unknown, requestId: string): number {
  const { status, headers, document } = problemResponse(error, requestId);
  response.begin(status, headers);
  response.write(JSON.stringify(document));
  return status;
}

/** All that a client accepts, in whatever case and however many headers. */
function acceptOf({ multiValueHeaders }: APIGatewayProxyEvent): string {
  const lines = Object.entries(multiValueHeaders ?? {}).filter(([name]) => name.toLowerCase() === 'accept');
  return lines.flatMap(([, values]) => values ?? []).join(',');
}
