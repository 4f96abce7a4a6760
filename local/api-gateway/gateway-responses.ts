import { validateHeaderValue } from 'node:http';
import { notEmulated } from '../platform/call.ts';
import { isResponseType, RESPONSE_TYPES, type ResponseType } from './gateway-error.ts';
import { type ApiReply, type HeaderLine, headerValues } from './http-message.ts';
import { compileHeaderValue, compileTemplate, type Template, type TemplateScope } from './response-template.ts';

const HEADER_PREFIX = 'gatewayresponse.header.';
const DEFAULT_TEMPLATES = { 'application/json': '{"message":$context.error.messageString}' };

/** A template's `AWS::ApiGateway::GatewayResponse`. */
export interface GatewayResponseProperties {
  readonly ResponseType: string;
  readonly StatusCode?: string | undefined;
  readonly ResponseParameters?: Readonly<Record<string, string>> | undefined;
  readonly ResponseTemplates?: Readonly<Record<string, string>> | undefined;
}

interface GatewayResponse {
  readonly status: number | undefined;
  readonly headers: readonly (readonly [name: string, value: (scope: TemplateScope) => string | undefined])[];
  readonly bodies: ReadonlyMap<string, Template>;
}

/** How an API words its own refusals: as its template says, else as `DEFAULT_4XX` and `DEFAULT_5XX` say, else as AWS does. */
export class GatewayResponses {
  readonly #custom = new Map<ResponseType, GatewayResponse>();
  readonly #builtIn = compile({ ResponseType: 'DEFAULT_4XX' });

  /** Throws what AWS or the local runtime would refuse about it. */
  put(properties: GatewayResponseProperties): void {
    const { ResponseType: type } = properties;
    if (!isResponseType(type)) throw notEmulated(`the gateway response type "${type}"`);
    this.#custom.set(type, compile(properties));
  }

  render(scope: TemplateScope): ApiReply {
    const { type, status } = scope.error;
    const response = this.#custom.get(type) ?? this.#custom.get(status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX') ?? this.#builtIn;
    const [contentType, body] = chooseBody(response.bodies, headerValues(scope.request.headers, 'accept')[0]);
    const mapped = response.headers.flatMap(([name, value]): HeaderLine[] => {
      const text = value(scope);
      return text === undefined || !isHeaderValue(name, text) ? [] : [[name, text]];
    });
    const replaced = new Set(mapped.map(([name]) => name.toLowerCase()));
    const own: HeaderLine[] = [
      ['Content-Type', contentType],
      ['x-amzn-ErrorType', RESPONSE_TYPES[type].errorType],
    ];
    return {
      status: response.status ?? status,
      headers: [...own.filter(([name]) => !replaced.has(name.toLowerCase())), ...mapped],
      body: body(scope),
    };
  }
}

/** A value drawn from the request may hold what no header can, such as a line break. */
function isHeaderValue(name: string, text: string): boolean {
  try {
    validateHeaderValue(name, text);
    return true;
  } catch {
    return false;
  }
}

function compile(properties: GatewayResponseProperties): GatewayResponse {
  const templates = Object.entries(properties.ResponseTemplates ?? DEFAULT_TEMPLATES);
  return {
    status: properties.StatusCode === undefined ? undefined : Number(properties.StatusCode),
    headers: Object.entries(properties.ResponseParameters ?? {}).map(([target, mapping]) => {
      if (!target.startsWith(HEADER_PREFIX)) throw notEmulated(`the gateway response parameter "${target}"`);
      return [target.slice(HEADER_PREFIX.length), compileHeaderValue(mapping)] as const;
    }),
    bodies: new Map(templates.map(([contentType, text]) => [contentType, compileTemplate(text, contentType)])),
  };
}

/** The template for what the client accepts, else the one for JSON, else the first. */
function chooseBody(bodies: ReadonlyMap<string, Template>, accept: string | undefined): readonly [string, Template] {
  const accepted = (accept ?? '').split(',').map((entry) => entry.split(';')[0]?.trim() ?? '');
  const choice = [...accepted, 'application/json'].find((type) => bodies.has(type)) ?? [...bodies.keys()][0];
  const body = choice === undefined ? undefined : bodies.get(choice);
  return choice === undefined || body === undefined ? ['application/json', () => ''] : [choice, body];
}
