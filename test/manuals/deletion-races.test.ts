import fc from 'fast-check';
import { type DeletionPorts, deleteManual } from '../../lambdas/manuals/deletion.ts';
import { giveUp, type IngestionPorts, ingest } from '../../lambdas/manuals/ingestion.ts';
import { incomingKey } from '../../lambdas/manuals/manual.ts';
import type { DeletionMessage, ReadinessMessage } from '../../lambdas/manuals/manuals.contract.ts';
import { type ManualsPorts, removeManual } from '../../lambdas/manuals/manuals.ts';
import { checkReadiness, type ReadinessPorts } from '../../lambdas/manuals/readiness.ts';
import { Problem } from '../../lambdas/shared/problem.ts';
import { MAX_RECEIVES } from '../../lambdas/shared/work-queue.contract.ts';
import { ALICE } from '../support/callers.ts';
import { type Call, Invocations, type Trouble } from '../support/invocations.ts';
import { ALICES_MANUAL, MemoryRecords } from '../support/manuals.ts';

const { manual_id } = ALICES_MANUAL;
const PAGES = [1, 2, 4].map((number) => ({ number, text: `Page ${number}`, section: null }));
const PASSAGE = { text: 'Page 4', manualId: manual_id, filename: 'kettle.txt', page: null, section: null, score: 1 };
const signal = new AbortController().signal;

/** Long, so that few messages outlast an ingestion that broke off. */
const MESSAGE_DELAY_MS = 120_000;
/** More than any deletion takes here. */
const MAX_MESSAGES = 1000;

/** Everything that a manual consists of, and the functions that come and go, in whatever order the scheduler chooses. */
class World {
  readonly documents = new Set<number>();
  readonly objects = new Set(['incoming v1']);
  readonly hidden = new Set<string>();
  readonly records = new MemoryRecords(ALICES_MANUAL, () => this.#nowMs);
  readonly #beingRemoved = new Set<number>();
  readonly #deliveredTwice: boolean[];
  readonly #invocations: Invocations;
  #nowMs = 0;
  #ingesting = 0;
  #accepted = false;
  #delivered = 0;

  constructor(scheduler: fc.Scheduler, troubles: readonly (readonly Trouble[])[], deliveredTwice: readonly boolean[]) {
    this.#invocations = new Invocations(scheduler, troubles, () => {
      // What is hidden is found by no question; what is neither hidden nor gone would answer one.
      if (this.#accepted && this.documents.size > 0) expect([...this.hidden]).toEqual([manual_id]);
    });
    this.#deliveredTwice = [...deliveredTwice];
  }

  settled(): Promise<void> {
    return this.#invocations.settled();
  }

  /** The owner asks for the deletion until it is accepted, or there is nothing to delete. */
  deletes(): void {
    this.#invocations.start('owner', async (call) => {
      const ports = {
        records: {
          beginDeletion: (...of: Parameters<MemoryRecords['beginDeletion']>) => call('mark', () => this.records.beginDeletion(...of)),
        },
        hidden: this.#hiding(call),
        deletions: { lookAt: (message: DeletionMessage) => call('send', () => this.#deliver(message)) },
      } as unknown as ManualsPorts;
      await removeManual(ports, ALICE, manual_id).then(
        () => {
          this.#accepted = true;
        },
        (error) => {
          if (!(error instanceof Problem)) throw error;
        },
      );
    });
  }

  /** An object arrives, now or later, and its event with it. */
  uploads(version: string): void {
    const object = { key: incomingKey(ALICES_MANUAL), version };
    let receives = 0;
    const run = async (call: Call) => {
      this.#ingesting += 1;
      if (receives === 0) await call('form', () => this.objects.add(`incoming ${version}`));
      receives += 1;
      await ingest(this.#ingestion(call), object).catch(async (error) => {
        if (receives < MAX_RECEIVES) throw error;
        await giveUp({ records: this.records }, object);
      });
    };
    this.#invocations.start(`ingestion of ${version}`, run, () => {
      this.#ingesting -= 1;
    });
  }

  #deliver(message: DeletionMessage): void {
    // As long as an ingestion runs, no more time passes than it may take.
    if (this.#ingesting === 0) this.#nowMs += MESSAGE_DELAY_MS;
    this.#delivered += 1;
    if (this.#delivered > MAX_MESSAGES) throw new Error('the deletion comes to no end');
    for (const _ of this.#deliveredTwice.shift() ? [1, 2] : [1]) {
      this.#invocations.start(`deletion, ${message.step}`, (call) => deleteManual(this.#deletion(call), message, this.#nowMs));
    }
  }

  #ingestion(call: Call): IngestionPorts {
    const { records, objects } = this;
    return {
      records: {
        get: (...of) => call('get', () => records.get(...of)),
        claim: (...of) => call('claim', () => records.claim(...of)),
        endWriting: (...of) => call('end writing', () => records.endWriting(...of)),
        advance: (...of) => call('advance', () => records.advance(...of)),
      },
      contents: { claim: (...of) => call('claim content', () => records.claimContent(...of)) },
      library: {
        startWriting: (...of) => call('start writing', () => records.startWriting(...of)),
        reject: (...of) => call('reject', () => records.reject(...of)),
      },
      maxPages: 5000,
      files: {
        readIncoming: () => call('read', () => new Uint8Array([1])),
        keep: (_, version) => call('keep', () => void objects.add(`manuals ${version}`)),
        discard: (_, version) => call('discard', () => void objects.delete(`incoming ${version}`)),
      },
      extractPages: async () => ({ pageCount: 4, pages: PAGES }),
      documents: {
        ingest: async (_, pages) => {
          for (const { number } of pages) await call(`ingest ${number}`, () => this.documents.add(number));
        },
      },
      readiness: { lookAt: (message) => call('send', () => this.#watch(message)) },
      onRejected: () => undefined,
      scanned: false,
      wait: async () => undefined,
      onIgnored: () => undefined,
    };
  }

  #watch(message: ReadinessMessage): void {
    const ports = (call: Call): ReadinessPorts => ({
      records: {
        get: (...of) => call('get', () => this.records.get(...of)),
        advance: (...of) => call('advance', () => this.records.advance(...of)),
      },
      documents: { statuses: (_, pages) => call('statuses', () => this.#statuses(pages)) },
      retriever: { retrieve: () => call('retrieve', () => (this.documents.size > 0 ? [PASSAGE] : [])) },
      queue: { lookAt: (again) => call('send', () => this.#watch(again)), isExhausted: () => false },
      onReady: () => undefined,
      onFailed: () => undefined,
    });
    this.#invocations.start('readiness', (call) => checkReadiness(ports(call), message, signal));
  }

  #deletion(call: Call): DeletionPorts {
    return {
      records: {
        get: (...of) => call('get', () => this.records.get(...of)),
      },
      library: { remove: (...of) => call('remove record', () => this.records.remove(...of)) },
      documents: {
        remove: (_, pages) => call('remove documents', () => this.#removeDocuments(pages)),
        statuses: (_, pages) => call('statuses', () => this.#statuses(pages)),
      },
      files: {
        remove: async () => {
          for (const prefix of ['incoming', 'manuals']) await call(`remove ${prefix}`, () => this.#removeObjects(prefix));
        },
      },
      hidden: this.#hiding(call),
      queue: {
        lookAt: (message) => call('send', () => this.#deliver(message)),
        isExhausted: () => false,
      },
      onDeleted: () => undefined,
    };
  }

  #hiding(call: Call) {
    return {
      hide: () => call('hide', () => void this.hidden.add(manual_id)),
      forget: () => call('forget', () => void this.hidden.delete(manual_id)),
    };
  }

  #statuses(pages: readonly number[]): string[] {
    const statusOf = (page: number) => (this.#beingRemoved.has(page) ? 'DELETING' : 'INDEXED');
    return pages.map((page) => (this.documents.has(page) ? statusOf(page) : 'NOT_FOUND'));
  }

  #removeDocuments(pages: readonly number[]): void {
    for (const page of pages) this.#beingRemoved.add(page);
    this.#invocations.happens('documents go', () => {
      for (const page of pages) if (this.#beingRemoved.delete(page)) this.documents.delete(page);
    });
  }

  #removeObjects(prefix: string): void {
    for (const object of this.objects) if (object.startsWith(prefix)) this.objects.delete(object);
  }
}

/** Mostly slow, since most of what can go wrong takes something that comes much later than it was begun. */
const kind = fc.constantFrom<Trouble['kind'][]>('slow', 'slow', 'slow', 'refused', 'answer lost', 'killed');
const trouble = fc.record({ at: fc.integer({ min: 1, max: 9 }), kind });

test('whatever is under way, comes twice, fails or breaks off: nothing is left, and nothing answers from the moment of acceptance', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(trouble, { maxLength: 2 }), { maxLength: 8 }),
      fc.array(fc.boolean(), { maxLength: 5 }),
      fc.array(fc.constantFrom('v1', 'v1', 'v2'), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 2 }),
      async (scheduler, troubles, deliveredTwice, versions, requests) => {
        const world = new World(scheduler, troubles, deliveredTwice);
        for (const version of versions) world.uploads(version);
        for (let request = 0; request < requests; request += 1) world.deletes();
        await world.settled();
        expect(await world.records.get(ALICE, manual_id)).toBeUndefined();
        expect([[...world.documents], [...world.objects], [...world.hidden]]).toEqual([[], [], []]);
      },
    ),
    { numRuns: 1000 },
  );
});
