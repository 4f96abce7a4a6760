import { type Caller, ownerOf } from '../../lambdas/shared/caller.ts';

/** That of a request which is within every limit. */
export const ADMITTED = { byReservation: () => ({ requestsPerMinute: 100 }), granted: async () => undefined };

/** A caller by name. */
export const callerNamed = (user_id: string): Caller => ownerOf({ user_id });

export const ALICE = callerNamed('alice');
