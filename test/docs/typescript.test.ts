import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../support/runtime.ts';
import { moduleFolder, TYPESCRIPT_PAGES } from './typescript.ts';

const run = promisify(execFile);

test('blocks of TypeScript compile as the project does; the line of an error is that of the page', async () => {
  expect(TYPESCRIPT_PAGES.map(({ file }) => file)).toContain('docs/app-developer.md');
  await using folder = await moduleFolder();
  const options = {
    extends: path.join(PROJECT, 'tsconfig.json'),
    compilerOptions: { typeRoots: [path.join(PROJECT, 'node_modules/@types')], types: ['node'] },
    include: ['*.ts'],
  };
  await writeFile(path.join(folder.path, 'tsconfig.json'), JSON.stringify(options));
  const errors = await run(path.join(PROJECT, 'node_modules/.bin/tsc'), ['--project', folder.path], { cwd: folder.path }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(errors).toBe('');
});
