import { type Caller, ownerOf } from '../../lambdas/shared/caller.ts';

/** A caller by name. */
export const callerNamed = (user_id: string): Caller => ownerOf({ user_id });

export const ALICE = callerNamed('alice');
