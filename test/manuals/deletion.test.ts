import { type DeletionPorts, deleteManual } from '../../lambdas/manuals/deletion.ts';
import { type Manual, newWriter } from '../../lambdas/manuals/manual.ts';
import { type DeletionMessage, INGESTION_TIMEOUT_SECONDS } from '../../lambdas/manuals/manuals.contract.ts';
import { type ManualsPorts, removeManual } from '../../lambdas/manuals/manuals.ts';
import { ALICE } from '../support/callers.ts';
import { ALICES_MANUAL, MemoryRecords } from '../support/manuals.ts';

const { manual_id } = ALICES_MANUAL;
const MESSAGE: DeletionMessage = { user_id: 'alice', manual_id, step: 'remove', attempt: 0 };
const NOW = Date.parse('2026-11-20T12:00:00Z');

/** Statuses that are answered one look after the other, the last of them again and again. */
function world({
  manual = {},
  looks = [['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']],
  exhausted = false,
  failAt = Number.POSITIVE_INFINITY,
} = {}) {
  const records = new MemoryRecords({ ...ALICES_MANUAL, status: 'deleting', pages: 3, ...(manual as Partial<Manual>) });
  const hidden = new Set([manual_id]);
  const did: string[] = [];
  const sent: (DeletionMessage & { delay?: number | undefined })[] = [];
  /** Notes what is done; the one at `failAt` fails, once. */
  const act = async (deed: string): Promise<void> => {
    if (did.push(deed) === failAt) throw new Error(`no ${deed}`);
  };
  const ports: DeletionPorts = {
    records: {
      get: (...of) => records.get(...of),
    },
    library: {
      remove: async (...of) => {
        await act('record');
        await records.remove(...of);
      },
    },
    documents: {
      remove: (_, pages) => act(`documents ${pages}`),
      statuses: async () => {
        await act('look');
        return (looks.length > 1 ? looks.shift() : looks[0]) ?? [];
      },
    },
    files: { remove: () => act('files') },
    hidden: {
      forget: async (_, id) => {
        await act(`forget ${id === manual_id}`);
        hidden.delete(id);
      },
    },
    queue: {
      lookAt: async (message, delay) => {
        await act('send');
        sent.push({ ...message, ...(delay !== undefined && { delay }) });
      },
      isExhausted: () => exhausted,
    },
    onDeleted: () => void did.push('deleted'),
  };
  return {
    ports,
    did,
    sent,
    records,
    hidden,
    step: (message: Partial<DeletionMessage> = {}) => deleteManual(ports, { ...MESSAGE, ...message }, NOW),
  };
}

/** Hands over one message after the other, again when it fails, until there is none. */
async function drain({ ports, sent }: ReturnType<typeof world>): Promise<void> {
  sent.unshift(MESSAGE);
  for (let message = sent.shift(); message; message = sent.shift()) {
    const { delay: _, ...received } = message;
    await deleteManual(ports, received, NOW).catch(() => deleteManual(ports, received, NOW));
  }
}

const WHOLE = ['documents 1,2,3', 'send', 'look', 'send', 'look', 'files', 'record', 'forget true', 'deleted'];

test('the vectors go first and are seen gone twice, then the file, the record, and last the place among the hidden', async () => {
  const it = world();
  await it.step({ attempt: 3 });
  expect(it.sent).toEqual([{ ...MESSAGE, step: 'look' }]);
  await it.step({ step: 'look' });
  expect(it.sent[1]).toEqual({ ...MESSAGE, step: 'confirm', attempt: 1, delay: 5 });
  await it.step({ step: 'confirm', attempt: 1 });
  expect(it.did).toEqual(WHOLE);
  await expect(it.records.get(ALICE, manual_id)).resolves.toBeUndefined();
});

test.each(WHOLE.slice(0, -1).map((deed, index) => [deed, index + 1] as const))(
  'after a failure of "%s", call %i, the same message takes it up again',
  async (_, failAt) => {
    const it = world({ failAt });
    await drain(it);
    const inOrder = [...new Set(it.did)].filter((deed) => deed !== 'deleted');
    expect(inOrder).toEqual(['documents 1,2,3', 'send', 'look', 'files', 'record', 'forget true']);
    expect([await it.records.get(ALICE, manual_id), [...it.hidden]]).toEqual([undefined, []]);
  },
);

test('a document that is still there is asked for again, unless its removal is under way', async () => {
  const it = world({
    looks: [
      ['DELETING', 'INDEXED', 'FAILED'],
      ['DELETE_IN_PROGRESS', 'NOT_FOUND'],
    ],
  });
  await it.step({ step: 'look' });
  expect(it.did).toEqual(['look', 'documents 2,3', 'send']);
  await it.step({ step: 'look', attempt: 1 });
  expect(it.did.slice(3)).toEqual(['look', 'send']);
  expect(it.sent.map(({ step, attempt }) => [step, attempt])).toEqual([
    ['look', 1],
    ['look', 2],
  ]);
});

test('a document that is back when it should be gone for good is looked at from the beginning', async () => {
  const it = world({ looks: [['INDEXED', 'NOT_FOUND', 'NOT_FOUND']] });
  await it.step({ step: 'confirm', attempt: 7 });
  expect(it.did).toEqual(['look', 'documents 1', 'send']);
  expect(it.sent).toEqual([{ ...MESSAGE, step: 'look', attempt: 8 }]);
});

test.each(['remove', 'look', 'confirm'] as const)(
  '"%s" waits as long as an ingestion may still be writing, and no longer',
  async (step) => {
    const writers = (agoMs: number) => ({ manual: { writers: new Set([newWriter(NOW - agoMs)]) } });
    const waiting = world(writers(INGESTION_TIMEOUT_SECONDS * 1000));
    await waiting.step({ step });
    expect([waiting.did, waiting.sent]).toEqual([['send'], [{ ...MESSAGE, step, attempt: 1 }]]);
    const over = world(writers((INGESTION_TIMEOUT_SECONDS + 60) * 1000));
    await over.step({ step });
    expect(over.did).not.toEqual(['send']);
  },
);

test('a manual that never came to be written has no documents to wait for', async () => {
  const it = world({ manual: { pages: undefined } });
  await it.step();
  expect(it.did).toEqual(['files', 'record', 'forget true', 'deleted']);
});

test.each(['remove', 'look', 'confirm'] as const)(
  '"%s" about a manual that is gone has nothing left to do but to forget it',
  async (step) => {
    const it = world();
    await it.records.remove(ALICE, ALICES_MANUAL);
    await it.step({ step });
    expect(it.did).toEqual(['forget true']);
  },
);

test('nothing is done to a manual that is not being deleted, or is somebody else’s', async () => {
  const ready = world({ manual: { status: 'ready' } });
  await ready.step({ step: 'confirm' });
  expect(ready.did).toEqual([]);
  const foreign = world();
  await foreign.step({ user_id: 'bob' });
  expect(foreign.did).toEqual(['forget true']);
  await expect(foreign.records.get(ALICE, manual_id)).resolves.toMatchObject({ status: 'deleting' });
});

test('what takes too long fails with the reason, and goes on once it can', async () => {
  const it = world({
    exhausted: true,
    looks: [
      ['INDEXED', 'DELETING'],
      ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
    ],
  });
  const stuck = it.step({ step: 'look', attempt: 60 });
  await expect(stuck).rejects.toThrow(`Manual ${manual_id} is not deleted after 60 looks: documents are still there: INDEXED, DELETING.`);
  expect(it.did).toEqual(['look', 'documents 1']);
  await it.step({ step: 'look', attempt: 60 });
  expect(it.sent).toEqual([{ ...MESSAGE, step: 'confirm', attempt: 61, delay: 5 }]);
});

describe('the owner’s request', () => {
  function api(records: MemoryRecords, failAt = Number.POSITIVE_INFINITY) {
    const did: string[] = [];
    const act = async (deed: string): Promise<void> => {
      if (did.push(deed) === failAt) throw new Error(`no ${deed}`);
    };
    const ports: Pick<ManualsPorts, 'hidden' | 'deletions'> & { records: Pick<MemoryRecords, 'beginDeletion'> } = {
      records: {
        beginDeletion: async (...of) => {
          await act('mark');
          return records.beginDeletion(...of);
        },
      },
      hidden: { hide: (_, id) => act(`hide ${id === manual_id}`), forget: (_, id) => act(`forget ${id === manual_id}`) },
      deletions: { lookAt: (message, delay) => act(`send ${JSON.stringify(message) === JSON.stringify(MESSAGE)} ${delay}`) },
    };
    return { did, remove: (id = manual_id) => removeManual(ports as ManualsPorts, ALICE, id) };
  }
  const DEEDS = ['mark', 'hide true', 'send true 0'];

  test.each(['awaiting_upload', 'validating', 'indexing', 'ready', 'failed', 'deleting'] as const)(
    'marks, hides and sends before it is accepted, when the manual is %s',
    async (status) => {
      const records = new MemoryRecords({ ...ALICES_MANUAL, status });
      const { did, remove } = api(records);
      await expect(remove()).resolves.toEqual({ manual_id, status: 'deleting' });
      expect(did).toEqual(DEEDS);
      await expect(records.get(ALICE, manual_id)).resolves.toMatchObject({ status: 'deleting' });
    },
  );

  test.each([1, 2, 3])('is not accepted when step %i fails, and taken up when it is made again', async (failAt) => {
    const records = new MemoryRecords({ ...ALICES_MANUAL, status: 'ready' });
    const broken = api(records, failAt);
    await expect(broken.remove()).rejects.toThrow(`no ${DEEDS[failAt - 1]}`);
    expect(broken.did).toEqual(DEEDS.slice(0, failAt));
    const again = api(records);
    await again.remove();
    expect(again.did).toEqual(DEEDS);
  });

  test('is a 404 when there is no such manual, and leaves nothing hidden', async () => {
    const { did, remove } = api(new MemoryRecords({ ...ALICES_MANUAL, user_id: 'bob' }));
    await expect(remove()).rejects.toMatchObject({ code: 'not_found' });
    expect(did).toEqual(['mark', 'forget true']);
    await expect(remove(`${manual_id}#1`)).rejects.toMatchObject({ code: 'not_found' });
    expect(did).toHaveLength(2);
  });
});
