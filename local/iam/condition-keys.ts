import { LOCAL_ACCOUNT, type Principal } from '../platform/principal.ts';
import type { ContextKeys } from './policy-context.ts';

/** How a request reaches a service. */
export interface RequestCircumstances {
  readonly region: string;
  readonly nowMs: number;
  /** Absent for what a service does by itself, which comes from no address that a policy could name. */
  readonly sourceIp?: string | undefined;
}

/** Keys that a call's own permission brings, and that are absent from other calls, as on AWS. */
const KEYS_OF_CALLS = [
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
  'bedrock:InferenceProfileArn',
  'events:ManagedBy',
  'transcribe:OutputBucketName',
  'transcribe:OutputKey',
];
/** As those, but of which there are as many as there are names. */
const FAMILIES_OF_CALLS = ['s3:existingobjecttag/'];

/** Keys of networks that no call on a laptop comes from: absent, as for a call over the internet. */
const ABSENT_KEYS = ['aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn', 'aws:VpcSourceIp'];

/**
 * The condition keys of every request
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). A laptop's loopback stands in
 * for TLS: what demands it is about the network in between, which there is none of.
 */
export function requestKeys(principal: Principal, { region, nowMs, sourceIp }: RequestCircumstances): ContextKeys {
  return {
    'aws:SecureTransport': 'true',
    's3:TlsVersion': '1.3',
    'aws:RequestedRegion': region,
    'aws:CurrentTime': new Date(nowMs).toISOString(),
    'aws:EpochTime': String(Math.floor(nowMs / 1000)),
    'aws:ViaAWSService': 'false',
    ...(sourceIp !== undefined && { 'aws:SourceIp': sourceIp.replace(/^::ffff:/, '') }),
    ...principalKeys(principal),
  };
}

function principalKeys(principal: Principal): ContextKeys {
  switch (principal.kind) {
    case 'anonymous':
      return {};
    case 'service':
      return {
        'aws:PrincipalIsAWSService': 'true',
        'aws:PrincipalServiceName': principal.name,
        'aws:SourceArn': principal.sourceArn,
        // A bucket's ARN has none.
        'aws:SourceAccount': principal.sourceArn.split(':')[4] || LOCAL_ACCOUNT,
      };
    default:
      return { 'aws:PrincipalIsAWSService': 'false', 'aws:PrincipalAccount': LOCAL_ACCOUNT, 'aws:PrincipalArn': principal.arn };
  }
}

/** Whether a policy that tests this key is decided here as on AWS. */
export function isKnownKey(key: string): boolean {
  const name = key.toLowerCase();
  return KNOWN_KEYS.has(name) || FAMILIES_OF_CALLS.some((family) => name.startsWith(family) && name !== family);
}

const ANYWHERE: RequestCircumstances = { region: '', nowMs: 0, sourceIp: '' };
const KNOWN_KEYS = new Set(
  [
    ...KEYS_OF_CALLS,
    ...ABSENT_KEYS,
    ...Object.keys(requestKeys({ kind: 'service', name: '', sourceArn: '' }, ANYWHERE)),
    ...Object.keys(requestKeys({ kind: 'role', arn: '', sessionName: '' }, ANYWHERE)),
  ].map((key) => key.toLowerCase()),
);
