import type { AccessControl } from '../platform/access-control.ts';
import type { AwsReply } from '../platform/call.ts';
import { callAs, type InnerRequest } from '../platform/call-as.ts';
import { LOCAL_ACCOUNT, type RolePrincipal } from '../platform/principal.ts';
import { contentOf } from '../platform/reply-content.ts';
import type { S3Service } from '../s3/s3.service.ts';
import { parseTagging, taggingDocument } from '../s3/tagging-document.ts';
import type { ScannedObject } from './scan-result.ts';

const SERVICE_NAME = 'malware-protection-plan.guardduty.amazonaws.com';
const TAG = 'GuardDutyMalwareScanStatus';
const VALIDATION_KEY = 'malware-protection-resource-validation-object';

export interface PlanRoleParts {
  readonly access: AccessControl;
  readonly s3: S3Service;
  readonly region: string;
  readonly planArn: string;
  readonly roleArn: string;
}

/** The role with whose rights a plan reads and tags what arrives. */
export class PlanRole {
  readonly #parts: PlanRoleParts;
  readonly #principal: RolePrincipal;

  constructor(parts: PlanRoleParts) {
    this.#parts = parts;
    this.#principal = { kind: 'role', arn: parts.roleArn, sessionName: 'GuardDutyMalwareProtection' };
  }

  /**
   * Takes the role on, and does what GuardDuty does with it when it is given a bucket
   * (https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html). The bucket's events come to it
   * by themselves here, so of its own rule and of the bucket's notifications only the rights are asked for. Throws what is refused.
   */
  async assume(bucket: string): Promise<void> {
    const { access, roleArn, planArn, region } = this.#parts;
    access.require({ kind: 'service', name: SERVICE_NAME, sourceArn: planArn }, { action: 'sts:AssumeRole', resource: roleArn });
    const rule = `arn:aws:events:${region}:${LOCAL_ACCOUNT}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-${planArn.split('/').at(-1)}`;
    const context = { 'events:ManagedBy': SERVICE_NAME };
    for (const action of ['PutRule', 'PutTargets'])
      access.require(this.#principal, { action: `events:${action}`, resource: rule, context });
    for (const action of ['DescribeRule', 'ListTargetsByRule']) {
      access.require(this.#principal, { action: `events:${action}`, resource: rule });
    }
    for (const action of ['GetBucketNotification', 'PutBucketNotification']) {
      access.require(this.#principal, { action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}` });
    }
    await this.#call({ method: 'HEAD', path: `/${bucket}` });
    await this.#call({ method: 'PUT', path: `/${bucket}/${VALIDATION_KEY}` });
  }

  /** Throws what S3 refuses with. */
  async read(object: ScannedObject): Promise<Buffer> {
    return contentOf(await this.#call({ method: 'GET', ...addressOf(object) }));
  }

  /** Adds the result to the tags that the object has. Throws what S3 refuses with. */
  async tag(object: ScannedObject, status: string): Promise<void> {
    const { path, queryString } = addressOf(object);
    const tagging = { path, queryString: ['tagging', queryString].filter(Boolean).join('&') };
    const tags = parseTagging(await contentOf(await this.#call({ method: 'GET', ...tagging })));
    const body = Buffer.from(taggingDocument({ ...tags, [TAG]: status }));
    await this.#call({ method: 'PUT', ...tagging, body });
  }

  #call(request: InnerRequest): Promise<AwsReply> {
    return callAs(this.#parts.access, this.#principal, this.#parts.s3, request);
  }
}

function addressOf({ bucket, key, versionId }: ScannedObject) {
  const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return { path, queryString: versionId === undefined ? '' : `versionId=${encodeURIComponent(versionId)}` };
}
