import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { MetricIdentity } from '../cloudwatch/metric-store.ts';
import type { OutboxMessage } from '../cognito/outbox.ts';
import type { CallCount } from '../front-door/call-counts.ts';
import type { Fault } from '../front-door/faults.ts';
import type { InconclusiveResult } from '../guardduty/scan-result.ts';
import type { Grant } from '../iam/grants.ts';
import type { RuntimeFile } from '../runtime-file.ts';
import { CONTROL_SIGNING_NAME } from './control.service.ts';

/** Brings about in a running runtime what AWS would not offer: faults, slow indexing, a filter that fails, time. */
export class RuntimeControl {
  readonly #endpoint: URL;
  readonly #signer: SignatureV4;

  constructor({ aws_endpoint, region, operator }: RuntimeFile) {
    this.#endpoint = new URL(aws_endpoint);
    const credentials = { accessKeyId: operator.access_key_id, secretAccessKey: operator.secret_access_key };
    this.#signer = new SignatureV4({ service: CONTROL_SIGNING_NAME, region, credentials, sha256: Sha256 });
  }

  async armFault(fault: Fault): Promise<void> {
    await this.#call('ArmFault', fault);
  }

  async clearFaults(): Promise<void> {
    await this.#call('ClearFaults', {});
  }

  async advanceTime(ms: number): Promise<void> {
    await this.#call('AdvanceTime', { ms });
  }

  async setIngestionTimes(times: Readonly<Record<string, number>>): Promise<void> {
    await this.#call('SetIngestionTimes', times);
  }

  /** Documents ingested from now on fail when their id matches; without a pattern none does. */
  async failDocuments(pattern?: string): Promise<void> {
    await this.#call('FailDocuments', pattern === undefined ? {} : { pattern });
  }

  /** Retrieve returns, and first, the passages whose document's id matches, whatever its filter says; without a pattern it stops. */
  async leakPassages(pattern?: string): Promise<void> {
    await this.#call('LeakPassages', pattern === undefined ? {} : { pattern });
  }

  /** Each part of an answer, of some four words, takes so long. */
  async setAnswerPace(msPerPart: number): Promise<void> {
    await this.#call('SetAnswerPace', { msPerPart });
  }

  /** Models break off after so many parts of an answer; without a number they do not. */
  async breakOffAnswers(afterParts?: number): Promise<void> {
    await this.#call('BreakOffAnswers', { afterParts });
  }

  /** Objects that arrive from now on are scanned for malware so much later. */
  async setScanDelay(ms: number): Promise<void> {
    await this.#call('SetScanDelay', { ms });
  }

  /** Scans of objects whose key matches leave open whether there is malware, for this reason; without keys none does. */
  async failScans(keys?: string, result?: InconclusiveResult): Promise<void> {
    await this.#call('FailScans', { keys, result });
  }

  /** What is said in recordings, by the SHA-256 of their bytes in hexadecimal digits; instead of what was set before. No engine is asked about them. */
  async setTranscripts(transcripts: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('SetTranscripts', { transcripts });
  }

  /** Transcription jobs started from now on take so much longer. */
  async setTranscriptionDelay(ms: number): Promise<void> {
    await this.#call('SetTranscriptionDelay', { ms });
  }

  /** Transcription jobs whose media's address matches end FAILED from now on, for this reason; without a pattern none does. */
  async failTranscriptions(media?: string, reason?: string): Promise<void> {
    await this.#call('FailTranscriptions', { media, reason });
  }

  /** The last mail that users would have got, oldest first. */
  async outbox(): Promise<readonly OutboxMessage[]> {
    const { messages } = (await this.#call('ListOutbox', {})) as { messages: OutboxMessage[] };
    return messages;
  }

  /** What the policies allow in this runtime, and whether it was used so far. */
  async grants(): Promise<readonly Grant[]> {
    const { grants } = (await this.#call('ListGrants', {})) as { grants: Grant[] };
    return grants;
  }

  /** Every metric that functions have emitted so far, or services measured of themselves. */
  async metrics(): Promise<readonly MetricIdentity[]> {
    const { metrics } = (await this.#call('ListMetrics', {})) as { metrics: MetricIdentity[] };
    return metrics;
  }

  /** How often who has called what so far, the calls of this class among them. */
  async calls(): Promise<readonly CallCount[]> {
    const { calls } = (await this.#call('CountCalls', {})) as { calls: CallCount[] };
    return calls;
  }

  async #call(operation: string, input: object): Promise<unknown> {
    const { hostname, host, port, protocol } = this.#endpoint;
    const body = JSON.stringify(input);
    const headers = { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `ManuelLocal.${operation}` };
    const request = { method: 'POST', protocol, hostname, port: Number(port), path: '/', query: {}, headers, body };
    const signed = await this.#signer.sign(request);
    const response = await fetch(this.#endpoint, { method: 'POST', headers: signed.headers, body });
    if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
