import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isolatedExtraction } from '../../lambdas/manuals/extraction/isolated-extraction.ts';
import { DOCX_TYPE, docxOf, paragraph } from '../support/docx.ts';
import { bundledWorker, outcomeOf, TEST_LIMITS, WORKER } from '../support/extraction.ts';
import { pdfOf } from '../support/pdf.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'extraction-')));
const worker = bundledWorker();
afterAll(() => {
  rmSync(folder, { recursive: true });
  worker.remove();
});

// As little memory as does: what fills it takes that much less time.
const LIMITS = { ...TEST_LIMITS, timeoutMs: 15_000, residentMiB: 200, heapMiB: 40 };
const STARTED = "process.send({ kind: 'started' });";
const unreadable = (cause: RegExp) =>
  expect.objectContaining({ name: 'ManualRejected', failure: 'unreadable', cause: expect.stringMatching(cause) });
const failed = (cause: RegExp) => expect.objectContaining({ name: 'Error', message: expect.stringMatching(cause) });

let programs = 0;
/** Has a file read by this program in place of ours. */
function readBy(program: string, limits = LIMITS, bytes: Uint8Array = Buffer.from('hello')) {
  programs += 1;
  const file = path.join(folder, `${programs}.cjs`);
  writeFileSync(file, program);
  return isolatedExtraction({ file, folder }, limits)('text/plain', bytes);
}

/** Has this said by a program, as the text of a file. */
async function said(expression: string): Promise<string> {
  const answer =
    "const say = (text) => process.send({ kind: 'extracted', pageCount: 1, pages: [{ number: 1, text: String(text), section: null }] });";
  const { pages } = await readBy(
    `${answer} (async () => say(await (async () => { ${expression} })().catch((error) => error.code ?? error.name)))();`,
  );
  return pages[0]?.text ?? '';
}

test.concurrent.each([
  ['text/plain', Buffer.from('hello')],
  ['text/markdown', Buffer.from('**hello**')],
  ['text/html', Buffer.from('<p>hello')],
  [DOCX_TYPE, docxOf(paragraph('hello'))],
  ['application/pdf', pdfOf(['hello'])],
])('a file of type %s is read by the program of the function', async (contentType, bytes) => {
  await expect(outcomeOf(contentType, bytes, TEST_LIMITS, worker)).resolves.toMatchObject({ text: 'hello' });
});

test('what the program rejects keeps its reason', async () => {
  const outcome = (contentType: string, text: string, limits = TEST_LIMITS) => outcomeOf(contentType, Buffer.from(text), limits, worker);
  await expect(outcome('application/pdf', 'hello')).resolves.toMatchObject({ failure: 'wrong_type' });
  await expect(outcome('text/html', '<p>'.repeat(9))).resolves.toMatchObject({ failure: 'empty' });
  await expect(outcome('text/html', '<div>'.repeat(9), { ...TEST_LIMITS, nesting: 5 })).resolves.toMatchObject({
    failure: 'unreadable',
  });
});

describe('the file is to blame when the program, once started,', () => {
  test.concurrent.each([
    ['exits', 'process.exit(0)', /ended with 0/],
    ['exits with an error', 'process.exit(7)', /ended with 7/],
    ['waits for nothing', 'new Promise(() => {})', /ended with 0/],
    ['throws where nobody catches it', "setTimeout(() => { throw new TypeError('from a library') })", /from a library/],
    ['recurses without end', 'const f = () => f() + 1; f()', /call stack/],
    ['aborts', 'process.abort()', /SIGABRT/],
    ['fills its heap bit by bit', 'const kept = []; for (;;) kept.push({ a: [kept.length] })', /heap out of memory|MiB/],
    ['fills its heap with a map', 'const map = new Map(); for (let i = 0; ; i += 1) map.set(i, { i })', /heap out of memory|MiB/],
    ['fills its heap at once', 'new Array(2 ** 25).fill(1).map((x) => ({ x }))', /heap out of memory|MiB|SIG/],
    ['fills its heap with one text', "'ab'.repeat(2 ** 26).replace(/a/g, () => 'xyz')", /heap out of memory|MiB/],
    ['takes memory outside of its heap', 'const kept = []; for (;;) kept.push(Buffer.alloc(1e6, 1))', /more than 200 MiB/],
    [
      'answers nonsense',
      "process.send({ kind: 'extracted', pageCount: 1, pages: [{ number: 'one' }] }); setInterval(() => {}, 1000)",
      /makes no sense/,
    ],
  ])('%s', async (_what, program, cause) => {
    await expect(readBy(`${STARTED} ${program}`)).rejects.toEqual(unreadable(cause));
  });

  test.concurrent.each([
    ['loops', 'for (;;);'],
    ['does nothing', 'setInterval(() => {}, 1000)'],
    ['defends itself', "process.on('SIGTERM', () => {}); process.on('disconnect', () => {}); for (;;);"],
  ])('%s, and is ended in time', async (_what, program) => {
    await expect(readBy(`${STARTED} ${program}`, { ...LIMITS, timeoutMs: 400 })).rejects.toEqual(unreadable(/longer than 400 ms/));
  });
});

test('the heap has a limit of its own', async () => {
  const limits = { ...LIMITS, residentMiB: 4000, heapMiB: 40 };
  await expect(readBy(`${STARTED} const kept = []; for (;;) kept.push({ a: [kept.length] })`, limits)).rejects.toEqual(
    unreadable(/heap out of memory/),
  );
});

describe('we are to blame when the program', () => {
  test.concurrent.each([
    ['cannot be loaded', "require('./nowhere.cjs')", /nowhere/],
    ['ends before it has started', 'process.exit(0)', /ended with 0/],
    ['reports a fault of its own', "process.send({ kind: 'failed', cause: 'TypeError: of ours' }); setInterval(() => {}, 1000)", /of ours/],
    ['is killed by somebody else', `${STARTED} process.kill(process.pid, 'SIGKILL')`, /SIGKILL/],
  ])('%s', async (_what, program, cause) => {
    await expect(readBy(program)).rejects.toEqual(failed(cause));
  });

  test('is not there', async () => {
    const reading = isolatedExtraction({ file: path.join(folder, 'nowhere.cjs'), folder }, LIMITS)('text/plain', Buffer.from('hello'));
    await expect(reading).rejects.toEqual(failed(/nowhere/));
  });
});

describe('the program', () => {
  test.concurrent.each([
    [
      'has nothing of the environment',
      'return JSON.stringify(Object.keys(process.env).filter((name) => name !== "LD_LIBRARY_PATH"))',
      '[]',
    ],
    [
      'cannot read the environment of its parent',
      'return require("fs").readFileSync("/proc/" + process.ppid + "/environ")',
      'ERR_ACCESS_DENIED',
    ],
    ['cannot read other files', 'return require("fs").readFileSync("/etc/hostname")', 'ERR_ACCESS_DENIED'],
    ['cannot write files', 'return require("fs").writeFileSync(__dirname + "/x", "")', 'ERR_ACCESS_DENIED'],
    ['cannot start programs', 'return require("child_process").execFileSync("id")', 'ERR_ACCESS_DENIED'],
    ['cannot start threads', 'return new (require("worker_threads").Worker)("0", { eval: true })', 'ERR_ACCESS_DENIED'],
    ['cannot make code of strings', 'return new Function("return 1")()', 'EvalError'],
    ['has the whole file', 'let size = 0; for await (const part of process.stdin) size += part.length; return size', '5'],
  ])('%s', async (_what, expression, answer) => {
    await expect(said(expression)).resolves.toBe(answer);
  });
});

test('a large file that is not read to its end does no harm', async () => {
  const bytes = new Uint8Array(20_000_000);
  await expect(readBy(`${STARTED} process.exit(3)`, LIMITS, bytes)).rejects.toEqual(unreadable(/ended with 3/));
});

test('the program of the function rejects what a library cannot do, and reports what we cannot', async () => {
  const program = (extract: string) => `
    const { registerHooks } = require('node:module');
    registerHooks({ load: (url, context, next) => url.endsWith('/extract-pages.ts')
      ? { format: 'module', shortCircuit: true, source: 'export async function extractPages() { ${extract} }' } : next(url, context) });
    require(${JSON.stringify(WORKER.file)});`;
  const readWith = (extract: string) => {
    programs += 1;
    const file = path.join(folder, `${programs}.cjs`);
    writeFileSync(file, program(extract));
    return isolatedExtraction({ file, folder: path.parse(folder).root }, LIMITS)('text/plain', Buffer.from('hello'));
  };
  await expect(readWith('return (function f() { return f() + 1 })()')).rejects.toEqual(unreadable(/RangeError/));
  await expect(readWith('process.exit(3)')).rejects.toEqual(unreadable(/ended with 3/));
  await expect(readWith('return undefined.text')).rejects.toEqual(failed(/TypeError/));
  const rejection =
    'Promise.reject(new Error(1)); await new Promise(setImmediate); return { pageCount: 1, pages: [{ number: 1, text: `a`, section: null }] }';
  await expect(readWith(rejection)).resolves.toMatchObject({ pages: [{ text: 'a' }] });
});
