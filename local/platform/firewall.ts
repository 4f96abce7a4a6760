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

/** What stands before a resource, if a web ACL was put there. */
export interface Firewall {
  /** Whether the request may go on to the resource of that ARN; it counts either way. */
  admits(resourceArn: string, request: InspectedRequest): boolean;
}
