import { mkdtempSync } from 'node:fs';
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsError } from '../platform/call.ts';
import type { FunctionCode } from './function-configuration.ts';

/**
 * Copies of the functions' code outside of any project. As under Lambda's /var/task, no `package.json` and no
 * `node_modules` of a folder above is found: a bundle that lacks a package fails here too, and a CommonJS bundle is not
 * taken for a module because of the project's own package.
 */
export class CodeStore {
  readonly folder = mkdtempSync(join(tmpdir(), 'lambda-code-'));

  /** Returns the folder with the function's code. Inline code is `index.js` in it. */
  async put(functionName: string, code: FunctionCode): Promise<string> {
    const taskRoot = join(this.folder, functionName);
    if ('text' in code) {
      await mkdir(taskRoot);
      await writeFile(join(taskRoot, 'index.js'), code.text);
      return taskRoot;
    }
    const found = await stat(code.folder).catch(() => undefined);
    if (!found?.isDirectory()) {
      throw new AwsError('InvalidParameterValueException', `The code of ${functionName} is not a folder: ${code.folder}`);
    }
    await cp(code.folder, taskRoot, { recursive: true });
    return taskRoot;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
