import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What another program needs to use a runtime that is running. Holds secrets of this machine only. */
export interface RuntimeFile {
  readonly pid: number;
  readonly stage: string;
  readonly api_url: string;
  readonly aws_endpoint: string;
  readonly region: string;
  readonly user_pool_id: string;
  readonly client_id: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];
  readonly functions: readonly RuntimeFunction[];
  /** What listens to recordings; null where only those are transcribed whose transcript was set. */
  readonly speech_engine: string | null;
  /** The key of an administrator of the account. */
  readonly operator: { readonly access_key_id: string; readonly secret_access_key: string };
}

export interface RuntimeFunction {
  /** The construct's path, such as `Manuel-dev/api/Query/Function`. */
  readonly path: string;
  readonly name: string;
  readonly role: string;
  readonly access_key: { readonly access_key_id: string; readonly secret_access_key: string; readonly session_token: string };
}

const FILE_NAME = 'runtime.json';

/** Writes the file for its owner's eyes only. */
export function writeRuntimeFile(directory: string, content: RuntimeFile): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, FILE_NAME);
  // A file that is there already would keep its mode.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}

export function removeRuntimeFile(directory: string): void {
  rmSync(path.join(directory, FILE_NAME), { force: true });
}
