import { AwsError, notEmulated } from '../platform/call.ts';
import { contextReader } from './context-variables.ts';
import { GatewayError, internalServerError } from './gateway-error.ts';
import { type ApiReply, type ApiRequest, type HeaderLine, headerValues, mediaType } from './http-message.ts';
import type { RequestContext } from './request-context.ts';

const HEADER_PREFIX = 'method.response.header.';
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';

/** The parts of a template's MOCK integration that are served. */
export interface MockProperties {
  readonly PassthroughBehavior?: string | undefined;
  readonly RequestTemplates?: Readonly<Record<string, string>> | undefined;
  readonly IntegrationResponses?: readonly MockResponseProperties[] | undefined;
}

interface MockResponseProperties {
  readonly StatusCode: string;
  readonly SelectionPattern?: string | undefined;
  readonly ResponseParameters?: Readonly<Record<string, string>> | undefined;
  readonly ResponseTemplates?: Readonly<Record<string, string>> | undefined;
}

/** What a method declares that it may answer: headers by status. */
export type MethodResponses = ReadonlyMap<string, ReadonlySet<string>>;

interface MockResponse {
  readonly status: number;
  readonly headers: readonly MappedHeader[];
  readonly otherOrigins: readonly string[];
}

type MappedHeader = readonly [name: string, value: (context: RequestContext) => string];

/** An integration that answers by itself: what CDK uses for CORS preflights. */
export class MockIntegration {
  readonly #requestTypes: ReadonlySet<string>;
  readonly #passesThrough: boolean;
  readonly #response: MockResponse | undefined;

  /** Throws when the integration needs a template language that is not served here. */
  constructor(properties: MockProperties, methodResponses: MethodResponses) {
    const templates = Object.entries(properties.RequestTemplates ?? {});
    for (const [, template] of templates) requireStatusOnly(template);
    this.#requestTypes = new Set(templates.map(([type]) => type));
    this.#passesThrough = properties.PassthroughBehavior === undefined || properties.PassthroughBehavior === 'WHEN_NO_MATCH';
    const [response, ...others] = properties.IntegrationResponses ?? [];
    if (others.length > 0 || response?.SelectionPattern) throw notEmulated('a MOCK integration that selects among several responses');
    this.#response = response && {
      status: Number(response.StatusCode),
      headers: mappedHeaders(response, methodResponses),
      otherOrigins: originsOf(response.ResponseTemplates?.['application/json']),
    };
  }

  answer(request: ApiRequest, context: RequestContext): ApiReply {
    const contentType = mediaType(headerValues(request.headers, 'content-type')[0]) ?? 'application/json';
    if (!this.#requestTypes.has(contentType)) {
      if (!this.#passesThrough) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');
      if (!namesStatus(request.body.toString('utf8'))) throw internalServerError('DEFAULT_5XX', 500);
    }
    if (!this.#response) throw internalServerError('API_CONFIGURATION_ERROR', 500);
    const { status, headers, otherOrigins } = this.#response;
    const origin = exactHeader(request, 'Origin') ?? exactHeader(request, 'origin');
    const allowed = origin !== undefined && otherOrigins.includes(origin) ? origin : undefined;
    return {
      status,
      headers: [
        ['Content-Type', 'application/json'],
        ...headers.map(([name, valueIn]): HeaderLine => [name, (name === ALLOW_ORIGIN && allowed) || valueIn(context)]),
      ],
      body: '',
    };
  }
}

/** A mock's request template chooses the response by the status it names, of which there is only one here. */
function requireStatusOnly(template: string): void {
  if (!/^\s*\{\s*"?statusCode"?\s*:\s*\d{3}\s*\}\s*$/.test(template)) {
    throw notEmulated(`the MOCK request template ${JSON.stringify(template)}; only { statusCode: 200 } is served`);
  }
}

function namesStatus(body: string): boolean {
  try {
    return Number.isInteger((JSON.parse(body) as { statusCode?: unknown } | null)?.statusCode);
  } catch {
    return false;
  }
}

/** A header's value is a constant in quotes, or a variable of the request's context. */
function mappedHeaders(response: MockResponseProperties, methodResponses: MethodResponses): MappedHeader[] {
  return Object.entries(response.ResponseParameters ?? {}).map(([target, mapping]): MappedHeader => {
    const value = compileMapping(mapping);
    if (!target.startsWith(HEADER_PREFIX) || value === undefined) throw notEmulated(`the MOCK response parameter ${target} = ${mapping}`);
    if (!methodResponses.get(response.StatusCode)?.has(target)) {
      throw new AwsError(
        'BadRequestException',
        `Invalid mapping expression specified: no method response of ${response.StatusCode} declares ${target}`,
      );
    }
    return [target.slice(HEADER_PREFIX.length), value];
  });
}

function compileMapping(mapping: string): ((context: RequestContext) => string) | undefined {
  const constant = /^'(.*)'$/s.exec(mapping)?.[1];
  if (constant !== undefined) return () => constant;
  const read = mapping.startsWith('context.') ? contextReader(mapping.slice('context.'.length)) : undefined;
  return read && ((context) => read(context) ?? '');
}

/**
 * The further origins that CDK's response template for CORS allows beside the first. Any other template is refused:
 * the one that CDK writes is recognised by writing it anew.
 */
function originsOf(template: string | undefined): string[] {
  if (template === undefined || template.trim() === '') return [];
  const origins = [...template.matchAll(/\$origin == "([^"]+)"/g)].map(([, origin]) => origin ?? '');
  if (template !== corsTemplate(origins))
    throw notEmulated(`the MOCK response template ${JSON.stringify(template)}; only the one CDK writes for CORS is served`);
  return origins;
}

function corsTemplate(origins: readonly string[]): string {
  return [
    '#set($origin = $input.params().header.get("Origin"))',
    '#if($origin == "")',
    '  #set($origin = $input.params().header.get("origin"))',
    '#end',
    `#if(${origins.map((origin) => `$origin == "${origin}"`).join(' || ')})`,
    `  #set($context.responseOverride.header.${ALLOW_ORIGIN} = $origin)`,
    '#end',
  ].join('\n');
}

function exactHeader(request: ApiRequest, name: string): string | undefined {
  return request.headers.findLast(([candidate]) => candidate === name)?.[1];
}
