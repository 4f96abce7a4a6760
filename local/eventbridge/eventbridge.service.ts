import { type AwsCall, AwsError, type AwsReply, type RawRequest } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { JsonProtocol, parseJsonBody } from '../platform/json-protocol.ts';
import { generatedName } from '../platform/names.ts';
import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceIdentity, ResourceType, Service, TemplateResource } from '../platform/service.ts';
import { State, type StoredMap } from '../platform/state.ts';
import { Deliveries, type TargetFunctions, type TargetQueues } from './delivery.ts';
import { completeEvent, type EventEnvelope, type PublishedEvent } from './event.ts';
import { isEntryError, type PutEventsInput, readEntries } from './put-events.ts';
import { type Rule, readRule } from './rule.ts';
import { Schedules } from './schedules.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const MAX_NAME_LENGTH = 64;

export interface EventBridgeOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly queues: TargetQueues;
  readonly functions: TargetFunctions;
  /** Told of every event that did not reach its target. */
  readonly report: (line: string) => void;
  readonly state?: State;
}

/** EventBridge's default bus: rules with event patterns or schedules, and SQS queues and Lambda functions as their targets. */
export class EventBridgeService implements Service {
  readonly signingNames = ['events'];
  readonly resourceTypes: readonly ResourceType[];
  readonly #clock: Clock;
  readonly #region: string;
  readonly #rules = new Map<string, Rule>();
  readonly #state: State;
  /** Since when there is a rule with this schedule, by both. */
  readonly #ruleAges: StoredMap<number>;
  readonly #deliveries: Deliveries;
  readonly #schedules: Schedules;
  readonly #protocol: JsonProtocol;

  constructor(options: EventBridgeOptions) {
    this.#clock = options.clock;
    this.#region = options.region;
    this.#state = options.state ?? State.inMemory();
    this.#ruleAges = this.#state.map('eventbridge-rules');
    this.#deliveries = new Deliveries({ ...options, stored: this.#state.map('eventbridge-deliveries') });
    this.#schedules = new Schedules(options.clock, (rule, event) => this.#runScheduled(rule, event, options.report));
    this.#protocol = new JsonProtocol('EventBridge', '1.1', {
      PutEvents: (input) => this.#putEvents(input),
      ListRules: (input) => this.#listRules(input),
      DescribeRule: async (input) => this.#describe(this.#rule(input.Name)),
      ListTargetsByRule: async (input) => ({ Targets: this.#rule(input.Rule).targets.map(targetDocument) }),
    });
    this.resourceTypes = [
      {
        type: 'AWS::Events::Rule',
        honours: [
          'Name',
          'Description',
          'EventBusName',
          'EventPattern',
          'ScheduleExpression',
          'State',
          'Targets.Arn',
          'Targets.Id',
          'Targets.DeadLetterConfig',
          'Targets.RetryPolicy',
        ],
        inert: { Tags: 'nothing local reads the tags of rules' },
        create: (resource) => this.#createRule(resource),
      },
    ];
  }

  /** PutEvents needs the permission on each bus that it names. */
  permissionsFor(call: AwsCall, operation: string): Permission[] | undefined {
    if (operation !== 'PutEvents') return undefined;
    const { Entries = [] } = parseJsonBody(call.body) as { Entries?: { EventBusName?: string }[] };
    const buses = new Set(Entries.map(({ EventBusName = 'default' }) => EventBusName));
    return [...buses].map((bus) => ({
      action: 'events:PutEvents',
      resource: bus.startsWith('arn:') ? bus : `arn:aws:events:${this.#region}:${LOCAL_ACCOUNT}:event-bus/${bus}`,
    }));
  }

  operationOf(request: RawRequest): string {
    return this.#protocol.operationOf(request);
  }

  handle(call: AwsCall, operation: string): Promise<AwsReply> {
    return this.#protocol.handle(call, operation);
  }

  readonly renderError = (error: AwsError): AwsReply => this.#protocol.renderError(error);

  /**
   * Puts an event onto the default bus and gives its id. All its deliveries are stored when this returns, or it throws. Resolves once each
   * target was tried; an attempt that failed is retried, given to the dead-letter queue or reported, but never thrown.
   */
  publish(event: PublishedEvent): Promise<string> {
    const complete = this.#complete(event);
    const rules = [...this.#rules.values()].filter((rule) => rule.enabled && rule.matches(complete));
    return this.#deliver(rules, complete).then(() => complete.id);
  }

  /** Takes up the deliveries that an earlier run has left under way. */
  async resume(): Promise<void> {
    this.#deliveries.resume((ruleName, targetId) => {
      const rule = this.#rules.get(ruleName);
      const target = rule?.targets.find(({ id }) => id === targetId);
      return rule && target && { rule, target };
    });
  }

  /** Ends all schedules and retries. */
  async stop(): Promise<void> {
    await this.#schedules.stop();
    await this.#deliveries.stop();
  }

  #complete(event: PublishedEvent): EventEnvelope {
    return completeEvent(event, this.#region, this.#clock.now());
  }

  /** Nobody waits for a run: where it cannot be stored, that is reported. */
  #runScheduled(rule: Rule, event: PublishedEvent, report: (line: string) => void): void {
    try {
      void this.#deliver([rule], this.#complete(event));
    } catch (error) {
      report(`a run of rule ${rule.name} is lost: ${String(error)}`);
    }
  }

  #deliver(rules: readonly Rule[], event: EventEnvelope): Promise<unknown> {
    return this.#state.atOnce(() =>
      Promise.all(rules.flatMap((rule) => rule.targets.map((target) => this.#deliveries.deliver({ rule, target, event })))),
    );
  }

  async #createRule(resource: TemplateResource): Promise<ResourceIdentity> {
    const { stackName, logicalId, properties } = resource;
    const name = (properties['Name'] as string | undefined) ?? generatedName(stackName, logicalId, MAX_NAME_LENGTH);
    const arn = `arn:aws:events:${this.#region}:${LOCAL_ACCOUNT}:rule/${name}`;
    const rule = readRule(resource, name, arn, this.#createdAt(`${name} ${properties['ScheduleExpression'] ?? ''}`));
    this.#rules.set(name, rule);
    this.#schedules.start(rule);
    return { ref: name, attributes: { Arn: arn } };
  }

  /** The first time that this was asked of this schedule: a rate counts from there, also across restarts. */
  #createdAt(schedule: string): number {
    const known = this.#ruleAges.get(schedule);
    if (known !== undefined) return known;
    const now = this.#clock.now();
    this.#ruleAges.set(schedule, now);
    return now;
  }

  async #putEvents(input: PutEventsInput): Promise<object> {
    const entries = readEntries(input);
    const results = entries.map(async (entry) => (isEntryError(entry) ? entry : { EventId: await this.publish(entry) }));
    return { FailedEntryCount: entries.filter(isEntryError).length, Entries: await Promise.all(results) };
  }

  async #listRules({ NamePrefix: prefix = '' }: { NamePrefix?: string }): Promise<object> {
    return { Rules: [...this.#rules.values()].filter(({ name }) => name.startsWith(prefix)).map((rule) => this.#describe(rule)) };
  }

  #rule(name: string): Rule {
    const rule = this.#rules.get(name);
    if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }

  #describe({ name, arn, description, enabled, pattern, scheduleExpression }: Rule): object {
    return {
      Name: name,
      Arn: arn,
      ...(pattern !== undefined && { EventPattern: JSON.stringify(pattern) }),
      ...(scheduleExpression !== undefined && { ScheduleExpression: scheduleExpression }),
      State: enabled ? 'ENABLED' : 'DISABLED',
      EventBusName: 'default',
      ...(description !== undefined && { Description: description }),
    };
  }
}

function targetDocument({ id, arn, deadLetterArn, maxRetryAttempts, maxEventAgeSeconds }: Rule['targets'][number]): object {
  return {
    Id: id,
    Arn: arn,
    ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
    RetryPolicy: { MaximumRetryAttempts: maxRetryAttempts, MaximumEventAgeInSeconds: maxEventAgeSeconds },
  };
}
