import { type Manual, manualDocument } from '../../lambdas/manuals/manual.ts';
import { NewManualRequest } from '../../lambdas/manuals/manuals.contract.ts';
import { type ManualsPorts, startImport } from '../../lambdas/manuals/manuals.ts';
import { validate } from '../../lambdas/shared/validation.ts';
import { ALICE } from '../support/callers.ts';

const UPLOAD = { filename: 'kettle.txt', content_type: 'text/plain', size: 10 };
const IMPORT = { source_url: 'https://manuals.example.com/kettle.pdf' };

function world({
  lookAt = async () => undefined,
  full,
}: {
  lookAt?: ManualsPorts['imports']['lookAt'];
  full?: keyof ManualsPorts['limits'];
} = {}) {
  const created: Manual[] = [];
  const sent: unknown[] = [];
  const advanced: unknown[] = [];
  const unused = () => Promise.reject(new Error('not for imports'));
  const ports: ManualsPorts = {
    records: {
      advance: async (...change) => advanced.push(change) > 0,
      get: unused,
      list: unused,
      beginDeletion: unused,
    },
    library: {
      add: async (_caller, manual) => {
        created.push(manual);
        return full;
      },
      reject: unused,
    },
    limits: { manuals: 50, uploadsPerDay: 20 },
    forms: { create: unused },
    hidden: { hide: unused, forget: unused },
    imports: {
      lookAt: (...message) => {
        sent.push(message);
        return lookAt(...message);
      },
    },
    deletions: { lookAt: unused },
  };
  return { created, advanced, sent, start: (source_url: string) => startImport(ports, ALICE, { source_url }) };
}

test.each<[string, object]>([
  ['an upload', UPLOAD],
  ['an import', IMPORT],
])('%s is taken as it is', (_form, body) => {
  expect(validate(NewManualRequest, body)).toEqual(body);
});

test.each<[object, readonly string[]]>([
  [{}, ['/filename', '/content_type', '/size']],
  [{ filename: 'a.txt' }, ['/content_type', '/size']],
  [{ ...UPLOAD, size: 0, user_id: 'bob' }, ['/size', '/user_id']],
  [{ ...UPLOAD, size: '10' }, ['/size']],
  [{ ...UPLOAD, filename: 'a\u202e.txt' }, ['/filename']],
  [{ ...IMPORT, user_id: 'bob' }, ['/user_id']],
  [{ ...IMPORT, filename: 'a.txt' }, ['/filename']],
  [{ ...IMPORT, ...UPLOAD }, ['/source_url']],
  [JSON.parse('{"source_url": "https://manuals.example.com/", "__proto__": {}}'), ['/__proto__']],
  [{ source_url: 7 }, ['/source_url']],
  [{ source_url: null }, ['/source_url']],
  [{ source_url: [IMPORT.source_url] }, ['/source_url']],
  [{ ...UPLOAD, source_url: null }, ['/source_url']],
])('%j is refused, and every field named that is wrong', (body, pointers) => {
  const refusal = { code: 'invalid_request', errors: pointers.map((pointer) => ({ pointer, detail: expect.any(String) })) };
  expect(() => validate(NewManualRequest, body)).toThrow(expect.objectContaining(refusal));
});

test.each([
  ['', /is not a valid web address/],
  ['kettle.pdf', /is not a valid web address/],
  [`https://manuals.example.com/${'a'.repeat(2048)}`, /is longer than 2,048 characters/],
  ['http://manuals.example.com/kettle.pdf', /does not begin with https:/],
  ['file:///etc/passwd', /does not begin with https:/],
  ['https://user:secret@manuals.example.com/kettle.pdf', /holds a user name or a password/],
  ['https://manuals.example.com:8443/kettle.pdf', /names a port other than 443/],
  ['https://localhost/kettle.pdf', /does not lead to a server on the public internet/],
  ['https://169.254.169.254/latest/meta-data/', /does not lead to a server on the public internet/],
  ['https://0x7f.1/kettle.pdf', /does not lead to a server on the public internet/],
  ['https://[::ffff:10.0.0.5]/kettle.pdf', /does not lead to a server on the public internet/],
])('the address %j is refused with its sentence, and nothing is recorded or sent', async (source_url, sentence) => {
  const { start, created, sent } = world();
  const detail = expect.stringMatching(sentence);
  const refusal = { status: 400, code: 'invalid_request', message: detail, errors: [{ pointer: '/source_url', detail }] };
  await expect(start(source_url)).rejects.toMatchObject(refusal);
  expect([created, sent]).toEqual([[], []]);
});

test.each([
  ['https://manuals.example.com/kettle%20K7.pdf?download=1', 'kettle K7.pdf'],
  ['https://manuals.example.com/', 'manuals.example.com'],
  ['https://93.184.216.34', '93.184.216.34'],
])('of %s, %s is recorded until it is fetched, and neither type nor size', async (source_url, filename) => {
  const { start, created, sent } = world();
  const { manual_id, status } = await start(source_url);
  const [manual] = created;
  expect(manual).toEqual({
    user_id: 'alice',
    manual_id,
    filename,
    status: 'importing',
    upload_method: 'url_import',
    source_url: new URL(source_url).href,
    created_at: expect.any(String),
    updated_at: manual?.created_at,
  });
  expect(status).toBe('importing');
  expect(sent).toEqual([[{ user_id: 'alice', manual_id, attempt: 0 }, 0]]);
  const { user_id: _owner, upload_method: _method, ...seen } = created[0] as Manual;
  expect(manualDocument(created[0] as Manual, Date.now())).toEqual(seen);
});

test('the longest address is recorded whole', async () => {
  const { start, created } = world();
  const source_url = `https://manuals.example.com/${'a'.repeat(2020)}`;
  expect(source_url).toHaveLength(2048);
  await start(source_url);
  expect(created[0]?.source_url).toBe(source_url);
});

test('an import that nobody can be told of has failed', async () => {
  const { start, created, advanced } = world({ lookAt: () => Promise.reject(new Error('no queue')) });
  await expect(start(IMPORT.source_url)).rejects.toThrow('no queue');
  const failed = { status: 'failed', failure: 'indexing_failed' };
  expect(advanced).toEqual([[ALICE, created[0]?.manual_id, ['importing'], failed]]);
});

test('an import counts as an upload, and is refused when there are too many', async () => {
  const { start, sent } = world({ full: 'uploadsPerDay' });
  await expect(start(IMPORT.source_url)).rejects.toMatchObject({ status: 429, code: 'quota_exceeded' });
  expect(sent).toEqual([]);
});
