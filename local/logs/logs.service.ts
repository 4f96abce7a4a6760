import type { AccessControl } from '../platform/access-control.ts';
import { type AwsCall, AwsError, type AwsReply, notEmulated, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { JsonProtocol } from '../platform/json-protocol.ts';
import { generatedName } from '../platform/names.ts';
import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { ResourceIdentity, ResourceType, Service, TemplateResource } from '../platform/service.ts';
import { type DescribeLogGroupsInput, type DescribeLogStreamsInput, describeLogGroups, describeLogStreams } from './describe.ts';
import { type FilterLogEventsInput, filterLogEvents, type GetLogEventsInput, getLogEvents } from './events.ts';
import { LogGroup } from './log-group.ts';
import type { LogEntry, LogSink, LogStream } from './log-sink.ts';
import { ResourcePolicies } from './resource-policies.ts';

/** Longest name of a log group (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html). */
const MAX_GROUP_NAME_LENGTH = 512;

export interface LogsServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
}

/** CloudWatch Logs: takes what functions print, keeps the newest of it in memory and answers the reading operations. */
export class LogsService implements Service, LogSink {
  readonly signingNames = ['logs'];
  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::Logs::LogGroup',
      honours: ['LogGroupName'],
      inert: {
        RetentionInDays: 'a group keeps its newest 10,000 events, until the runtime stops',
        LogGroupClass: 'classes differ in price and in features that are not emulated',
        KmsKeyId: 'events are held in memory only',
        Tags: 'nothing local selects by tag',
      },
      create: (resource) => this.#createGroup(resource),
    },
    {
      type: 'AWS::Logs::ResourcePolicy',
      honours: ['PolicyName', 'PolicyDocument'],
      create: async ({ properties }) => this.#policies.put(properties),
    },
  ];
  readonly #options: LogsServiceOptions;
  readonly #groups = new Map<string, LogGroup>();
  readonly #policies = new ResourcePolicies();
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  readonly #protocol: JsonProtocol;
  readonly renderError: (error: AwsError) => AwsReply;

  constructor(options: LogsServiceOptions) {
    this.#options = options;
    this.#protocol = new JsonProtocol('CloudWatch Logs', '1.1', {
      DescribeLogGroups: async (input: DescribeLogGroupsInput) => describeLogGroups([...this.#groups.values()], input),
      DescribeLogStreams: async (input: DescribeLogStreamsInput) => describeLogStreams(this.#groupOf(input), input),
      GetLogEvents: async (input: GetLogEventsInput) => getLogEvents(this.#groupOf(input), input),
      FilterLogEvents: async (input: FilterLogEventsInput) => filterLogEvents(this.#groupOf(input), input),
    });
    this.renderError = this.#protocol.renderError;
  }

  openStream(principal: Principal, group: string, stream: string): LogStream {
    // Lambda creates the stream and sends its lines with the rights of the function's role
    // (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html).
    const resource = `arn:aws:logs:${this.#options.region}:${LOCAL_ACCOUNT}:log-group:${group}:log-stream:${stream}`;
    try {
      for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) this.#options.access.require(principal, { action, resource });
    } catch (error) {
      if (error instanceof AwsError) return { write: () => undefined };
      throw error;
    }
    return { write: (timestamp, message) => this.#write({ group, stream, timestamp, message }) };
  }

  /** Calls `listener` with every entry from now on. Returns how to end that. */
  onEvent(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  resourcePolicyOf(): object | undefined {
    return this.#policies.whole;
  }

  resourcePolicies(): Iterable<readonly [resourceArn: string, document: object]> {
    const { whole } = this.#policies;
    return whole ? [[`arn:aws:logs:${this.#options.region}:${LOCAL_ACCOUNT}:*`, whole]] : [];
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  async #createGroup({ properties, stackName, logicalId }: TemplateResource): Promise<ResourceIdentity> {
    const { LogGroupName } = properties;
    const name = typeof LogGroupName === 'string' ? LogGroupName : generatedName(stackName, logicalId, MAX_GROUP_NAME_LENGTH);
    return { ref: name, attributes: { Arn: this.#ensureGroup(name).arn } };
  }

  #write(entry: LogEntry): void {
    this.#ensureGroup(entry.group).add(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  #ensureGroup(name: string): LogGroup {
    const existing = this.#groups.get(name);
    if (existing) return existing;
    const arn = `arn:aws:logs:${this.#options.region}:${LOCAL_ACCOUNT}:log-group:${name}:*`;
    const group = new LogGroup(name, arn, this.#options.clock.now());
    this.#groups.set(name, group);
    return group;
  }

  #groupOf(input: { logGroupName?: string; logGroupIdentifier?: string }): LogGroup {
    if (input.logGroupIdentifier !== undefined) throw notEmulated('the member logGroupIdentifier; give logGroupName');
    const group = this.#groups.get(input.logGroupName ?? '');
    if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }
}
