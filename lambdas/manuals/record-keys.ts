import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Caller } from '../shared/caller.ts';

type Key = Record<'user_id' | 'manual_id', AttributeValue>;

/** What stands beside a user's manuals begins with it, and so comes after each of their ids. */
export const BESIDE_MANUALS = '~';

/** Owner first: what is not the caller's cannot be addressed. */
export const recordKey = ({ userId }: Caller, manualId: string): Key => ({ user_id: { S: userId }, manual_id: { S: manualId } });

/** What the caller's manuals add up to. */
export const libraryKey = (caller: Caller): Key => recordKey(caller, `${BESIDE_MANUALS}library`);

/** Which of the caller's manuals has a content, by its SHA-256. */
export const contentKey = (caller: Caller, hash: string): Key => recordKey(caller, `${BESIDE_MANUALS}sha256#${hash}`);
