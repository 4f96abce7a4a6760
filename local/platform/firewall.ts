/** A request as a web ACL sees it. Its body is not looked into: only AWS's own groups do that. */
export interface InspectedRequest {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly queryString: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where it came from, as the socket says. */
  readonly sourceIp: string;
  readonly requestId: string;
}

export type Judgement = 'ALLOW' | 'BLOCK';

/** What stands before a resource, if a web ACL was put there. */
export interface Firewall {
  /** What becomes of a request to the resource of that ARN, which counts either way; undefined where no web ACL stands before it. */
  judge(resourceArn: string, request: InspectedRequest): Judgement | undefined;
}
