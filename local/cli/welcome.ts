import path from 'node:path';
import type { Provisioned } from '../assembly/provision.ts';
import type { RuntimeFile } from '../runtime-file.ts';

/** What to try first: a manual, and a question that it answers. */
export const EXAMPLE = {
  manual: 'test/fixtures/manuals/gutenprint.pdf',
  question: 'Can I use the scanner of my multi-function printer with Gutenprint?',
} as const;

/** Where everything is, who can sign in, and what to try first. */
export function welcome({ api_url, aws_endpoint, users, speech_engine }: RuntimeFile, directory: string): string {
  const folder = path.relative(process.cwd(), directory);
  const option = folder === path.join('.manuel', 'dev') ? '' : ` --directory ${folder}`;
  return [
    '',
    `  API            ${api_url}`,
    `  AWS endpoint   ${aws_endpoint}   (keys: ${path.join(folder, 'runtime.json')})`,
    ...users.map(({ name, password }, index) => `${index === 0 ? '  Sign in as     ' : '                 '}${name}   ${password}`),
    `  Speech         ${speech_engine ?? 'no engine: set MANUEL_SPEECH_URL or MANUEL_SPEECH_MODEL, or install pocketsphinx'}`,
    '',
    '  Try it in another terminal:',
    `    npm run -s manuel -- upload ${EXAMPLE.manual}${option}`,
    `    npm run -s manuel -- ask "${EXAMPLE.question}"${option}`,
    `    curl -H "Authorization: Bearer $(npm run -s manuel -- token${option})" ${api_url}/api/user/usage`,
    '',
    '  Ctrl-C stops it; the next start goes on from here, or anew with --fresh.',
  ].join('\n');
}

/** What the templates state and this machine does not do, by type. */
export function describeUnhonoured({ notHonoured }: Provisioned): string {
  if (notHonoured.size === 0) return '';
  const lines = [...notHonoured].map(([type, paths]) => `  ${type}: ${[...paths].sort().join(', ')}`);
  return ['', 'Stated in the templates and not honoured here:', ...lines].join('\n');
}
