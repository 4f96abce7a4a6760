/** A bucket that is to be emptied. */
export interface FullBucket {
  readonly name: string;
  /** The logical id of the custom resource that may empty it; undefined where none may, or the bucket is gone. */
  emptiedBy(): Promise<string | undefined>;
  /** Removes a page of versions and delete markers for good, and returns how many that were; throws when it could remove none of them. */
  removeVersions(): Promise<number>;
  /** The same for unfinished uploads. */
  abortUploads(): Promise<number>;
}

/** What came of it: `failure` is for CloudFormation, and names the bucket. */
export type Emptying = { readonly removed: number } | { readonly kept: true } | { readonly failure: string };

/**
 * Empties the bucket of a custom resource that CloudFormation deletes, until there is nothing left or the deadline has passed, which the
 * bucket's calls keep; says how many versions, markers and uploads it removed, or that the resource is not the one that the bucket names.
 *
 * CloudFormation deletes a custom resource not only with its stack but also in an update that leaves it out: of a stage that is to keep its
 * data from now on, or that goes back to an earlier commit, or where the resource has another name. Such an update has changed the bucket's
 * tag by then, since it removes at the end what it no longer needs
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html, UPDATE_COMPLETE_CLEANUP_IN_PROGRESS).
 */
export async function emptyBucket(bucket: FullBucket, resourceId: string, deadline: AbortSignal): Promise<Emptying> {
  let removed = 0;
  try {
    if ((await bucket.emptiedBy()) !== resourceId) return { kept: true };
    for (;;) {
      // What arrives meanwhile is found in the next round.
      const inThisRound = (await bucket.abortUploads()) + (await bucket.removeVersions());
      if (inThisRound === 0) return { removed };
      removed += inThisRound;
    }
  } catch (error) {
    const reason = deadline.aborted
      ? `time is up after ${removed} versions and uploads were removed. Destroy again to go on.`
      : error instanceof Error && error.message;
    return { failure: `The bucket ${bucket.name} could not be emptied: ${reason || error}` };
  }
}
