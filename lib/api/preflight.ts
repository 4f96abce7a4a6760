import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource, MockIntegration, PassthroughBehavior } from 'aws-cdk-lib/aws-apigateway';
import { ACCEPTED_HEADERS, SECURITY_HEADERS } from '../../lambdas/shared/response-headers.ts';
import { quoted } from './mapping.ts';

const METHODS = 'GET,POST,DELETE,OPTIONS';
/** How long a browser need not ask again. */
const MAX_AGE = Duration.hours(1);
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';

/**
 * Answers what a browser asks before a page of another origin may call: CDK's own preflight, with the headers that every response
 * has, which CDK's cannot carry. Origins are one, several, or `*`.
 */
export function addPreflight(resource: IResource, [first = '*', ...others]: readonly string[]): void {
  const headers = Object.entries({
    ...mapValues(SECURITY_HEADERS, quoted),
    'X-Request-Id': 'context.requestId',
    [ALLOW_ORIGIN]: quoted(first),
    ...(first !== '*' && { Vary: quoted('Origin') }),
    'Access-Control-Allow-Methods': quoted(METHODS),
    'Access-Control-Allow-Headers': quoted(ACCEPTED_HEADERS),
    'Access-Control-Max-Age': quoted(String(MAX_AGE.toSeconds())),
  }).map(([name, value]) => [`method.response.header.${name}`, value] as const);
  const integration = new MockIntegration({
    // A body of another type is a 415 of the client's, where a mock's own answer would be a 500 of ours.
    passthroughBehavior: PassthroughBehavior.NEVER,
    requestTemplates: { 'application/json': '{ statusCode: 200 }' },
    integrationResponses: [
      {
        statusCode: '204',
        responseParameters: Object.fromEntries(headers),
        ...(others.length > 0 && { responseTemplates: { 'application/json': allowingAlso(others) } }),
      },
    ],
  });
  resource.addMethod('OPTIONS', integration, {
    authorizationType: AuthorizationType.NONE,
    methodResponses: [{ statusCode: '204', responseParameters: Object.fromEntries(headers.map(([name]) => [name, true])) }],
  });
}

/** An origin that is not among them is told of the first, which its browser takes for a no. */
function allowingAlso(origins: readonly string[]): string {
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

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
