import { createHash, randomUUID } from 'node:crypto';
import type { PublishedEvent } from '../eventbridge/event.ts';
import type { AccessControl } from '../platform/access-control.ts';
import { AwsError, type AwsReply, notEmulated } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { ResourceIdentity, ResourceType, Service, TemplateResource } from '../platform/service.ts';
import { State, type StoredMap } from '../platform/state.ts';
import type { ObjectEvent } from '../s3/object-events.ts';
import type { S3Service } from '../s3/s3.service.ts';
import { type PlanConfiguration, readPlan } from './plan-properties.ts';
import { PlanRole } from './plan-role.ts';
import { type InconclusiveResult, type ScannedObject, type ScanResultStatus, scanResultEvent } from './scan-result.ts';

/** Much sooner than on AWS, which promises no time at all. */
const SCAN_DELAY_MS = 100;
/** The file of https://www.eicar.org/download-anti-malware-testfile/, in two halves so that no scanner takes this one for it. */
const EICAR = Buffer.from(['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join(''));

interface Plan extends PlanConfiguration {
  readonly arn: string;
  readonly role: PlanRole;
}

/** A scan that is under way. */
interface StoredScan {
  readonly planArn: string;
  readonly object: ScannedObject;
}

export interface GuardDutyServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly access: AccessControl;
  readonly s3: S3Service;
  /** Has stored the event when it returns. */
  readonly publish: (event: PublishedEvent) => Promise<unknown>;
  /** Told what a person should know: a tag that could not be set. */
  readonly report: (line: string) => void;
  readonly state?: State;
}

/** GuardDuty's Malware Protection for S3. It knows one malware, the EICAR test file, wherever in an object its text stands. */
export class GuardDutyService implements Service {
  readonly signingNames = ['guardduty'];
  readonly #options: GuardDutyServiceOptions;
  readonly #plans: Plan[] = [];
  readonly #stopped = new AbortController();
  readonly #state: State;
  readonly #stored: StoredMap<StoredScan>;
  /** By the id of the scan. */
  readonly #scans = new Map<string, Promise<void>>();
  /** How long after its arrival an object is scanned. */
  scanDelayMs = SCAN_DELAY_MS;
  #failing: { readonly keys: RegExp; readonly result: InconclusiveResult } | undefined;

  readonly resourceTypes: readonly ResourceType[] = [
    {
      type: 'AWS::GuardDuty::MalwareProtectionPlan',
      honours: ['Role', 'ProtectedResource.S3Bucket.BucketName', 'ProtectedResource.S3Bucket.ObjectPrefixes', 'Actions.Tagging.Status'],
      inert: { Tags: 'nothing local reads the tags of plans' },
      create: (resource) => this.#createPlan(resource),
    },
  ];

  constructor(options: GuardDutyServiceOptions) {
    this.#options = options;
    this.#state = options.state ?? State.inMemory();
    this.#stored = this.#state.map('guardduty-scans');
  }

  /** Objects scanned from now on whose keys match come to this result, whatever they hold; without keys none does. */
  failScans(keys: RegExp | undefined, result: InconclusiveResult = 'FAILED'): void {
    this.#failing = keys && { keys, result };
  }

  /** Has a new object scanned by each plan that it falls under. The scans are stored when this returns. */
  notice({ 'detail-type': detailType, detail: { bucket, object } }: ObjectEvent): void {
    if (detailType !== 'Object Created') return;
    const arrived = { bucket: bucket.name, key: object.key, etag: object.etag, versionId: object['version-id'] };
    for (const plan of this.#plans) {
      if (plan.bucket !== arrived.bucket) continue;
      if (plan.prefixes.length > 0 && !plan.prefixes.some((prefix) => arrived.key.startsWith(prefix))) continue;
      const id = randomUUID();
      this.#stored.set(id, { planArn: plan.arn, object: arrived });
      this.#begin(id, plan, arrived);
    }
  }

  /** Takes up the scans that an earlier run has left under way. */
  async resume(): Promise<void> {
    for (const [id, { planArn, object }] of [...this.#stored.entries()]) {
      const plan = this.#plans.find(({ arn }) => arn === planArn);
      if (!plan) this.#stored.delete(id);
      else if (!this.#scans.has(id)) this.#begin(id, plan, object);
    }
  }

  operationOf(): string {
    throw notEmulated("GuardDuty's own API");
  }

  async handle(): Promise<AwsReply> {
    throw notEmulated("GuardDuty's own API");
  }

  renderError({ status, code, message }: AwsError): AwsReply {
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
    return { status, headers, body: JSON.stringify({ message }) };
  }

  /** Ends what waits to be scanned, until the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#scans.values());
  }

  #begin(id: string, plan: Plan, object: ScannedObject): void {
    this.#scans.set(
      id,
      this.#scan(id, plan, object)
        .catch((error) => this.#options.report(`GuardDuty's scan of ${object.key} waits for the next start: ${String(error)}`))
        .finally(() => this.#scans.delete(id)),
    );
  }

  async #createPlan({ stackName, logicalId, properties }: TemplateResource): Promise<ResourceIdentity> {
    const { access, s3, region } = this.#options;
    const configuration = readPlan(properties);
    const id = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex').slice(0, 20);
    const arn = `arn:aws:guardduty:${region}:${LOCAL_ACCOUNT}:malware-protection-plan/${id}`;
    if (!s3.announces(configuration.bucket)) {
      throw new Error(`bucket ${configuration.bucket} does not announce to EventBridge, which GuardDuty would turn on by itself`);
    }
    const role = new PlanRole({ access, s3, region, planArn: arn, roleArn: configuration.roleArn });
    await role.assume(configuration.bucket);
    this.#plans.push({ ...configuration, arn, role });
    return { ref: id, attributes: { Arn: arn, MalwareProtectionPlanId: id, Status: 'ACTIVE' } };
  }

  /** Tags before it tells, so that whoever is told can read. Rejects only where it cannot be stored. */
  async #scan(id: string, plan: Plan, object: ScannedObject): Promise<void> {
    const { clock, publish, report } = this.#options;
    await clock.sleep(this.scanDelayMs, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    const result = await this.#resultOf(plan, object);
    if (plan.tags) {
      await plan.role
        .tag(object, result)
        .catch((error) => report(`GuardDuty could not tag ${object.key} with ${result}: ${error.message}`));
    }
    if (this.#stopped.signal.aborted) return;
    await this.#state.atOnce(() => {
      this.#stored.delete(id);
      return publish(scanResultEvent(plan.arn, object, result));
    });
  }

  async #resultOf({ role }: Plan, object: ScannedObject): Promise<ScanResultStatus> {
    if (this.#failing?.keys.test(object.key)) return this.#failing.result;
    try {
      return (await role.read(object)).includes(EICAR) ? 'THREATS_FOUND' : 'NO_THREATS_FOUND';
    } catch (error) {
      return error instanceof AwsError && error.code === 'AccessDenied' ? 'ACCESS_DENIED' : 'FAILED';
    }
  }
}
