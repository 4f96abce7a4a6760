import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { CONTROL_SIGNING_NAME } from '../../local/control/control.service.ts';
import type { Fault } from '../../local/front-door/faults.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';

/** Brings about in a running runtime what AWS would not offer: faults, slow indexing, a filter that fails, time. */
export class RuntimeControl {
  readonly #endpoint: URL;
  readonly #signer: SignatureV4;

  constructor({ aws_endpoint, region, operator }: RuntimeFile) {
    this.#endpoint = new URL(aws_endpoint);
    const credentials = { accessKeyId: operator.access_key_id, secretAccessKey: operator.secret_access_key };
    this.#signer = new SignatureV4({ service: CONTROL_SIGNING_NAME, region, credentials, sha256: Sha256 });
  }

  armFault(fault: Fault): Promise<void> {
    return this.#call('ArmFault', fault);
  }

  clearFaults(): Promise<void> {
    return this.#call('ClearFaults', {});
  }

  advanceTime(ms: number): Promise<void> {
    return this.#call('AdvanceTime', { ms });
  }

  setIngestionTimes(times: Readonly<Record<string, number>>): Promise<void> {
    return this.#call('SetIngestionTimes', times);
  }

  /** Documents ingested from now on fail when their id matches; without a pattern none does. */
  failDocuments(pattern?: string): Promise<void> {
    return this.#call('FailDocuments', pattern === undefined ? {} : { pattern });
  }

  /** Retrieve returns, and first, the passages whose document's id matches, whatever its filter says; without a pattern it stops. */
  leakPassages(pattern?: string): Promise<void> {
    return this.#call('LeakPassages', pattern === undefined ? {} : { pattern });
  }

  async #call(operation: string, input: object): Promise<void> {
    const { hostname, host, port, protocol } = this.#endpoint;
    const body = JSON.stringify(input);
    const headers = { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `ManuelLocal.${operation}` };
    const request = { method: 'POST', protocol, hostname, port: Number(port), path: '/', query: {}, headers, body };
    const signed = await this.#signer.sign(request);
    const response = await fetch(this.#endpoint, { method: 'POST', headers: signed.headers, body });
    if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${await response.text()}`);
  }
}
