import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const files = (pattern: string) => globSync(pattern, { cwd: ROOT }).map((file) => file.replaceAll(path.sep, '/'));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every import of a file: relative ones as paths from the root, packages by their name. */
function importsOf(file: string): Import[] {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  return [...source.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'";]*?from '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm)].map(
    (match) => {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      return { from: file, to: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier };
    },
  );
}

const imports = ['bin', 'lib', 'lambdas', 'local'].flatMap((folder) => files(`${folder}/**/*.ts`)).flatMap(importsOf);
const importsWithin = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`));
const isContract = (file: string) => file.endsWith('.contract.ts');
const capabilityOf = (file: string) => file.split('/')[1];
const none: Import[] = [];

test('imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(importsWithin('lambdas')).toContainEqual({ from: 'lambdas/query/query.ts', to: 'lambdas/query/arising-answer.ts' });
});

test('lambdas import nothing that is deployed with, emulates or tests them', () => {
  expect(importsWithin('lambdas').filter(({ to }) => /^(bin|lib|local|test)\/|^aws-cdk-lib|^constructs$/.test(to))).toEqual(none);
});

test('lib reads contracts, and of the rest of lambdas only the response headers that API Gateway must repeat', () => {
  const allowed = (to: string) => !to.startsWith('lambdas/') || isContract(to) || to === 'lambdas/shared/response-headers.ts';
  expect(importsWithin('lib').filter(({ to }) => !allowed(to) || /^(bin|local|test)\//.test(to))).toEqual(none);
});

test('local and bin read contracts and lib, never the code of a function', () => {
  expect([...importsWithin('local'), ...importsWithin('bin')].filter(({ to }) => to.startsWith('lambdas/') && !isContract(to))).toEqual(
    none,
  );
});

test('nothing but the demo reads from test, and that only its fixtures', () => {
  const reads = imports.filter(({ to }) => to.startsWith('test/'));
  expect(reads).toEqual(['fixtures', 'recordings'].map((name) => ({ from: 'local/demo.ts', to: `test/fixtures/${name}.ts` })));
});

test('contracts import contracts and zod, and nothing else', () => {
  expect(imports.filter(({ from, to }) => isContract(from) && !isContract(to) && to !== 'zod/mini')).toEqual(none);
});

test('a capability imports itself, what is shared, and usage and spend, since metering is everyone’s', () => {
  const foreign = importsWithin('lambdas').filter(
    ({ from, to }) => to.startsWith('lambdas/') && ![capabilityOf(from), 'shared', 'usage', 'spend'].includes(capabilityOf(to)),
  );
  expect(foreign).toEqual(none);
});

test('only entries read the environment, through one file', () => {
  const readers = files('lambdas/**/*.ts').filter((file) => readFileSync(path.join(ROOT, file), 'utf8').includes('process.env'));
  // The second hands on to its own process where Lambda keeps Node.js's libraries, and nothing else.
  expect(readers.sort()).toEqual(['lambdas/manuals/extraction/isolated-extraction.ts', 'lambdas/shared/environment.ts']);
});

test('only the query function and the readiness probe retrieve, only the ingestion worker ingests, only the deletion worker removes', () => {
  const importersOf = (target: string) =>
    imports.filter(({ from, to }) => to === target && from.endsWith('.lambda.ts')).map(({ from }) => from);
  expect(importersOf('lambdas/shared/manual-retriever.ts').sort()).toEqual([
    'lambdas/manuals/readiness.lambda.ts',
    'lambdas/query/query.lambda.ts',
  ]);
  const users = (word: string) => files('lambdas/**/*.ts').filter((file) => readFileSync(path.join(ROOT, file), 'utf8').includes(word));
  expect(users('RetrieveCommand')).toEqual(['lambdas/shared/manual-retriever.ts']);
  expect(users('IngestKnowledgeBaseDocumentsCommand')).toEqual(['lambdas/manuals/manual-documents.ts']);
  expect(users('.ingest(')).toEqual(['lambdas/manuals/ingestion.ts']);
  expect(users('DeleteKnowledgeBaseDocumentsCommand')).toEqual(['lambdas/manuals/manual-documents.ts']);
  expect(users('documents.remove(')).toEqual(['lambdas/manuals/deletion.ts']);
});

test('no source file is one that nobody can hold in mind', () => {
  const long = ['bin', 'lib', 'lambdas', 'local']
    .flatMap((folder) => files(`${folder}/**/*.ts`))
    .filter((file) => readFileSync(path.join(ROOT, file), 'utf8').split('\n').length > 251);
  expect(long).toEqual([]);
});
