import type { LogSink, LogStream } from '../logs/log-sink.ts';
import { type AwsError, type AwsReply, notEmulated } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Firewall, InspectedRequest, Judgement } from '../platform/firewall.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceType, Service } from '../platform/service.ts';
import type { IpSet } from './ip-set.ts';
import { isLogged, type LoggingProperties, logLine, type Source } from './logging.ts';
import { resourceTypes } from './resource-types.ts';
import type { Verdict, WebAcl } from './web-acl.ts';

const NAMESPACE = 'AWS/WAFV2';
const ALL_RULES = 'ALL';
const DEFAULT_ACTION = 'Default_Action';

/** Takes what CloudWatch counts. */
interface RequestCounts {
  add(
    metric: { readonly namespace: string; readonly name: string; readonly dimensions: Readonly<Record<string, string>> },
    atMs: number,
  ): void;
}

export interface WafOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly logs: LogSink;
  readonly metrics: RequestCounts;
  /** Whether there is such a resource, which a web ACL could be put before. */
  readonly isResource: (arn: string) => boolean;
}

/** What a web ACL writes its log with. */
interface Logging {
  readonly properties: LoggingProperties;
  readonly stream: LogStream;
}

/**
 * WAF's web ACLs, before the resources that they are associated with. AWS's own groups of rules find nothing here, since AWS does not
 * say what they look for. Samples of requests are not kept. The management API is not served.
 */
export class WafService implements Service, Firewall {
  readonly signingNames = ['wafv2'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #options: WafOptions;
  readonly #sets = new Map<string, IpSet>();
  readonly #acls = new Map<string, WebAcl>();
  readonly #logging = new Map<string, Logging>();
  readonly #protection = new Map<string, WebAcl>();

  constructor(options: WafOptions) {
    this.#options = options;
    this.resourceTypes = resourceTypes({
      region: options.region,
      sets: this.#sets,
      acls: this.#acls,
      associate: (resourceArn, acl) => this.#associate(resourceArn, acl),
      log: (properties, acl, group) => this.#log(properties, acl, group),
    });
  }

  judge(resourceArn: string, request: InspectedRequest): Judgement | undefined {
    const acl = this.#protection.get(resourceArn);
    if (!acl) return undefined;
    const nowMs = this.#options.clock.now();
    const verdict = acl.inspect(request, nowMs);
    this.#count(acl, verdict, nowMs);
    const logging = this.#logging.get(acl.arn);
    if (logging && isLogged(logging.properties, verdict)) {
      logging.stream.write(nowMs, logLine(acl, logging.properties, sourceOf(resourceArn), request, verdict, nowMs));
    }
    return verdict.action;
  }

  operationOf(): string {
    throw notEmulated("WAF's own API");
  }

  async handle(): Promise<AwsReply> {
    throw notEmulated("WAF's own API");
  }

  renderError({ status, code, message }: AwsError): AwsReply {
    return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ __type: code, message }) };
  }

  #associate(resourceArn: string, acl: WebAcl): void {
    if (!this.#options.isResource(resourceArn)) throw new Error(`there is no ${resourceArn} to put a web ACL before`);
    const earlier = this.#protection.get(resourceArn);
    if (earlier) throw new Error(`${resourceArn} is behind the web ACL ${earlier.name} already`);
    this.#protection.set(resourceArn, acl);
  }

  /** The delivery of logs writes with rights of its own, which the group's policy must give. */
  #log(properties: LoggingProperties, acl: WebAcl, group: string): void {
    const { region, logs } = this.#options;
    const delivery = {
      kind: 'service',
      name: 'delivery.logs.amazonaws.com',
      sourceArn: `arn:aws:logs:${region}:${LOCAL_ACCOUNT}:*`,
    } as const;
    this.#logging.set(acl.arn, { properties, stream: logs.openStream(delivery, group, `${region}_${acl.name}_0`) });
  }

  /** As https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html says. */
  #count(acl: WebAcl, { action, terminating, counted }: Verdict, nowMs: number): void {
    const { metrics, region } = this.#options;
    const { metricName } = acl;
    if (metricName === undefined) return;
    const add = (name: string, Rule: string | undefined) => {
      if (Rule === undefined) return;
      metrics.add({ namespace: NAMESPACE, name, dimensions: { WebACL: metricName, Region: region, Rule } }, nowMs);
    };
    const name = action === 'ALLOW' ? 'AllowedRequests' : 'BlockedRequests';
    add(name, terminating ? terminating.metricName : DEFAULT_ACTION);
    add(name, ALL_RULES);
    for (const rule of counted) add('CountedRequests', rule.metricName);
    if (counted.length > 0) add('CountedRequests', ALL_RULES);
  }
}

/** What a log calls the resource: an API's stage, or a user pool. */
function sourceOf(resourceArn: string): Source {
  const [, apiId, stage] = /\/restapis\/([^/]+)\/stages\/([^/]+)$/.exec(resourceArn) ?? [];
  if (apiId !== undefined) return { name: 'APIGW', id: `${LOCAL_ACCOUNT}:${apiId}:${stage}` };
  return { name: 'COGNITOIDP', id: resourceArn };
}
