import { type AwsCall, AwsError, type AwsReply, type RawRequest } from './call.ts';

/** One operation of a JSON service: the parsed input in, the output document out. */
// biome-ignore lint/suspicious/noExplicitAny: each operation declares the input it reads; the wire is untyped
export type JsonOperation = (input: any, call: AwsCall) => Promise<object>;

/**
 * AWS's JSON protocols 1.0 and 1.1, in which the operation's name travels in `X-Amz-Target`
 * (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
 */
export class JsonProtocol {
  readonly #contentType: string;
  readonly #operations: ReadonlyMap<string, JsonOperation>;
  readonly #serviceName: string;

  constructor(serviceName: string, version: '1.0' | '1.1', operations: Readonly<Record<string, JsonOperation>>) {
    this.#serviceName = serviceName;
    this.#contentType = `application/x-amz-json-${version}`;
    this.#operations = new Map(Object.entries(operations));
  }

  operationOf(request: RawRequest): string {
    const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
    if (!this.#operations.has(operation)) {
      throw new AwsError('UnknownOperationException', `${this.#serviceName} has no operation "${operation}" in the local runtime.`);
    }
    return operation;
  }

  async handle(call: AwsCall, operation: string): Promise<AwsReply> {
    const run = this.#operations.get(operation);
    if (!run) throw new AwsError('UnknownOperationException', operation);
    const input = parseJsonBody(call.body);
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new AwsError('SerializationException', 'The request body is not a JSON object.');
    }
    return this.#reply(200, await run(input, call));
  }

  readonly renderError = (error: AwsError): AwsReply =>
    this.#reply(error.status, { __type: error.code, message: error.message, ...error.members });

  #reply(status: number, document: object): AwsReply {
    return { status, headers: { 'content-type': this.#contentType }, body: JSON.stringify(document) };
  }
}

/** The JSON body of a request; an empty one is an empty document. */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
}
