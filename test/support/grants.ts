import type { Grant } from '../../local/iam/grants.ts';

/** The variable that names the folder into which each tested runtime writes its grants. */
export const GRANTS_DIRECTORY = 'MANUEL_GRANTS_DIRECTORY';

/** More unused grants than this are not acknowledged but taken away. */
const MAX_ACKNOWLEDGED = 10;

/** Reasons for unused grants. How a grant begins is enough, as long as just one begins so. */
export type Acknowledgements = Readonly<Record<string, string>>;

interface GrantReview {
  readonly used: readonly string[];
  /** Each with its reason, where one is acknowledged. */
  readonly unused: ReadonlyMap<string, string | undefined>;
  /** Sentences: what is wrong with the unused grants or their acknowledgements. */
  readonly complaints: readonly string[];
}

/** Puts together what the runtimes have noted, and holds the unused grants against the acknowledged ones. */
export function reviewGrants(runs: readonly (readonly Grant[])[], acknowledged: Acknowledgements): GrantReview {
  const grants = runs.flat();
  const used = new Set(grants.filter((grant) => grant.used).map(describeGrant));
  const unused = [...new Set(grants.map(describeGrant))].filter((grant) => !used.has(grant)).sort();
  const beginnings = Object.keys(acknowledged);
  const reasonOf = (grant: string) => acknowledged[beginnings.find((beginning) => grant.startsWith(beginning)) ?? ''];
  const miscounted = beginnings.filter((beginning) => unused.filter((grant) => grant.startsWith(beginning)).length !== 1);
  return {
    used: [...used].sort(),
    unused: new Map(unused.map((grant) => [grant, reasonOf(grant)])),
    complaints: [
      ...(grants.length === 0 ? ['No runtime has noted its grants.'] : []),
      ...unused.filter((grant) => reasonOf(grant) === undefined).map((grant) => `Granted, never used and not acknowledged: ${grant}`),
      ...miscounted.map((beginning) => `Acknowledged, but not exactly one unused grant begins so: ${beginning}`),
      ...(beginnings.length > MAX_ACKNOWLEDGED ? [`More than ${MAX_ACKNOWLEDGED} unused grants are acknowledged.`] : []),
    ],
  };
}

/** Who may do what on what, and under which condition, in one line. */
function describeGrant({ holder, action, resource, condition }: Grant): string {
  return `${holder}: ${action} on ${resource}${condition === undefined ? '' : ` if ${condition}`}`;
}
