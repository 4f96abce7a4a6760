import { type GuardRules, RequestGuard } from '../../lambdas/shared/guard/request-guard.ts';

type Rates = ConstructorParameters<typeof RequestGuard>[0];

const RULES: GuardRules = { allowlist: [], maxBodyBytes: 1000, requestsPerMinute: { user: 2, network: 3 } };

/** Counts that find room for everything. */
const ROOM: Rates = { countUser: async () => undefined, countNetwork: async () => undefined };

/** A guard with these rules and counts; without them it lets in every request of a decent size. */
export const guardWith = (rules: Partial<GuardRules> = {}, rates: Partial<Rates> = {}): RequestGuard =>
  new RequestGuard({ ...ROOM, ...rates }, { ...RULES, ...rules });
