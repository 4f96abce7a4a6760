import type { APIGatewayProxyEvent } from 'aws-lambda';

interface Requested {
  readonly method?: string;
  readonly resource?: string;
  readonly sourceIp?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly userId?: string;
}

/** A request as API Gateway hands it to a function, of a user who has signed in; as far as functions read it. */
export function apiEvent({
  method = 'POST',
  resource = '/things',
  sourceIp = '203.0.113.7',
  headers = { 'content-type': 'application/json' },
  body = null,
  isBase64Encoded = false,
  userId = 'alice',
}: Requested = {}): APIGatewayProxyEvent {
  const claims = { sub: userId, token_use: 'access', client_id: 'app' };
  return {
    httpMethod: method,
    resource,
    path: resource,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body,
    isBase64Encoded,
    requestContext: { requestId: 'r-1', httpMethod: method, domainName: 'localhost', identity: { sourceIp }, authorizer: { claims } },
  } as unknown as APIGatewayProxyEvent;
}
