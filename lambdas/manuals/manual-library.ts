import type { DynamoDBClient, TransactWriteItem, Update } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Caller } from '../shared/caller.ts';
import { utcDay } from '../shared/utc-day.ts';
import { type Manual, newWriter, type Rejection, takesPlace } from './manual.ts';
import { releaseContent } from './manual-contents.ts';
import type { ManualState } from './manuals.contract.ts';
import { libraryKey, recordKey } from './record-keys.ts';
import { Contended, isUnmet, itemOf, MAX_TRIES, writeAtOnce } from './write-at-once.ts';

/** What one user may have at most. */
export interface LibraryLimits {
  readonly manuals: number;
  readonly uploadsPerDay: number;
}

/** What came of an ingestion's wish to write. `closed`: the manual is not being validated any more, or gone. */
export type WritingOutcome =
  | { readonly kind: 'started'; readonly writer: string }
  | { readonly kind: 'full'; readonly pagesLeft: number }
  | { readonly kind: 'closed' };

/** What a user's manuals add up to, as it is recorded. */
interface Library {
  readonly manuals?: number;
  readonly pages?: number;
  /** How many uploads were started on `upload_day`, a UTC day. */
  readonly uploads?: number;
  readonly upload_day?: string;
}

/** What has no value is left out. */
const MARSHALLING = { removeUndefinedValues: true } as const;
/**
 * What a user's manuals are together: how many they are, how many pages they have, and how many were begun
 * today. It stands on an item beside the manuals, which changes in one transaction with the manual that changes it, so that no number of parallel calls passes a limit, and no crash leaves a place that nobody holds.
 */
export class ManualLibrary {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** Records a new manual, which takes a place and counts as an upload of the day. Says which limit leaves no room for it, if one does. */
  async add(caller: Caller, manual: Manual, limits: LibraryLimits, nowMs: number): Promise<keyof LibraryLimits | undefined> {
    let library: Library = { upload_day: utcDay(nowMs) };
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      // Clocks differ: the day that another function has begun has begun.
      const day = [utcDay(nowMs), library.upload_day ?? ''].toSorted()[1] ?? '';
      const isFirstOfDay = library.upload_day !== day;
      const reasons = await writeAtOnce(this.#client, [
        { Put: { TableName: this.#table, Item: marshall(manual, MARSHALLING), ConditionExpression: 'attribute_not_exists(manual_id)' } },
        this.#updateLibrary(caller, {
          UpdateExpression: `SET manuals = if_not_exists(manuals, :zero) + :one, ${
            isFirstOfDay ? 'uploads = :one, upload_day = :day' : 'uploads = uploads + :one'
          }`,
          ConditionExpression: `(attribute_not_exists(manuals) OR manuals < :manuals) AND ${
            isFirstOfDay ? '(attribute_not_exists(upload_day) OR upload_day < :day)' : 'upload_day = :day AND uploads < :uploads'
          }`,
          ExpressionAttributeValues: marshall({
            ':one': 1,
            ':zero': 0,
            ':day': day,
            ':manuals': limits.manuals,
            ...(!isFirstOfDay && { ':uploads': limits.uploadsPerDay }),
          }),
        }),
      ]);
      if (!reasons) return undefined;
      const [ofManual, ofLibrary] = reasons;
      if (isUnmet(ofManual)) throw new Error(`there is a manual of the id ${manual.manual_id} already`);
      library = itemOf<Library>(ofLibrary) ?? {};
      if ((library.manuals ?? 0) >= limits.manuals) return 'manuals';
      if (library.upload_day === day && (library.uploads ?? 0) >= limits.uploadsPerDay) return 'uploadsPerDay';
    }
    throw new Contended();
  }

  /**
   * Notes that an ingestion is about to write this many pages and the file, provided that the manual is being validated and its
   * owner has room for the pages. The entry that it returns is taken back by `endWriting`. Pages count once, whatever is repeated.
   */
  async startWriting(caller: Caller, manual: Manual, pages: number, maxPages: number): Promise<WritingOutcome> {
    let known = manual.pages;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const writer = newWriter(Date.now());
      const counted = Math.max(pages, known ?? 0);
      const more = counted - (known ?? 0);
      const reasons = await writeAtOnce(this.#client, [
        {
          Update: {
            ...this.#recordOf(caller, manual.manual_id),
            UpdateExpression: 'SET pages = :pages, updated_at = :now ADD writers :writers',
            ConditionExpression: `#status = :validating AND ${known === undefined ? 'attribute_not_exists(pages)' : 'pages = :known'}`,
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: marshall({
              ':pages': counted,
              ':now': new Date().toISOString(),
              ':writers': new Set([writer]),
              ':validating': 'validating',
              ...(known !== undefined && { ':known': known }),
            }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        ...(more === 0 ? [] : [this.#countPages(caller, more, maxPages)]),
      ]);
      if (!reasons) return { kind: 'started', writer };
      const [ofManual, ofLibrary] = reasons;
      if (isUnmet(ofManual)) {
        const current = itemOf<Manual>(ofManual);
        if (current?.status !== 'validating') return { kind: 'closed' };
        known = current.pages;
      } else if (isUnmet(ofLibrary)) {
        return { kind: 'full', pagesLeft: Math.max(0, maxPages - (itemOf<Library>(ofLibrary)?.pages ?? 0)) };
      }
    }
    throw new Contended();
  }

  /**
   * Records that a manual has failed for good, provided that it is in one of the states `from`. Where nothing of it was written yet its
   * place is free again. Says whether it was recorded.
   */
  async reject(caller: Caller, manualId: string, from: readonly ManualState[], rejection: Rejection): Promise<boolean> {
    const states = from.map((state, index) => [`:from${index}`, state] as const);
    const { failure, detail, duplicateOf } = rejection;
    const failed = (isWritten: boolean): TransactWriteItem => ({
      Update: {
        ...this.#recordOf(caller, manualId),
        UpdateExpression: [
          'SET #status = :failed, failure = :failure, updated_at = :now',
          ...(detail === undefined ? [] : ['failure_detail = :detail']),
          ...(duplicateOf === undefined ? [] : ['duplicate_of = :duplicateOf']),
        ].join(', '),
        ConditionExpression: `#status IN (${states.map(([name]) => name).join(', ')}) AND attribute_${isWritten ? '' : 'not_'}exists(pages)`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: marshall(
          {
            ...Object.fromEntries(states),
            ':failed': 'failed',
            ':failure': failure,
            ':now': new Date().toISOString(),
            ':detail': detail,
            ':duplicateOf': duplicateOf,
          },
          MARSHALLING,
        ),
      },
    });
    const reasons = await writeAtOnce(this.#client, [failed(false), this.#release(caller, 1, 0)]);
    return !reasons || !(await writeAtOnce(this.#client, [failed(true)]));
  }

  /** Removes the record of a manual that is being deleted, and with it what it counted and claimed. Changes nothing when it is gone already. */
  async remove(caller: Caller, manual: Manual): Promise<void> {
    const record = {
      Delete: { ...this.#recordOf(caller, manual.manual_id), ConditionExpression: 'attribute_exists(manual_id)' },
    };
    const places = takesPlace(manual) ? 1 : 0;
    const pages = manual.pages ?? 0;
    const library = places + pages === 0 ? [] : [this.#release(caller, places, pages)];
    const content = manual.content_hash === undefined ? [] : [releaseContent(this.#table, caller, manual.manual_id, manual.content_hash)];
    const reasons = await writeAtOnce(this.#client, [record, ...library, ...content]);
    // Unless it is the record that is gone, another manual has the content by now.
    if (reasons && !isUnmet(reasons[0])) await writeAtOnce(this.#client, [record, ...library]);
  }

  #countPages(caller: Caller, pages: number, maxPages: number): TransactWriteItem {
    return this.#updateLibrary(caller, {
      UpdateExpression: 'SET pages = if_not_exists(pages, :zero) + :more',
      ConditionExpression: '(attribute_not_exists(pages) AND :more <= :max) OR pages <= :room',
      ExpressionAttributeValues: marshall({ ':zero': 0, ':more': pages, ':max': maxPages, ':room': maxPages - pages }),
    });
  }

  #release(caller: Caller, places: number, pages: number): TransactWriteItem {
    return this.#updateLibrary(caller, {
      UpdateExpression: 'SET manuals = if_not_exists(manuals, :places) - :places, pages = if_not_exists(pages, :pages) - :pages',
      ExpressionAttributeValues: marshall({ ':places': places, ':pages': pages }),
    });
  }

  #updateLibrary(
    caller: Caller,
    update: Pick<Update, 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'>,
  ): TransactWriteItem {
    return { Update: { TableName: this.#table, Key: libraryKey(caller), ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...update } };
  }

  #recordOf(caller: Caller, manualId: string) {
    return { TableName: this.#table, Key: recordKey(caller, manualId) };
  }
}
