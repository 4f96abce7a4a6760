import type { Target } from './target.ts';

/** What a check may need that not every target has: the words for it, and whether it is there. */
const NEEDS = {
  user: ['a user (--email, and MANUEL_PASSWORD in the environment)', ({ users }) => users.length > 0],
  'second user': ['a second user (--other-email, and MANUEL_OTHER_PASSWORD in the environment)', ({ users }) => users.length > 1],
  'leave to ask': ['leave to ask (--ask), since a question costs money', ({ ask }) => ask],
  questions: ['more questions than its users have left', ({ questionsExceedQuota }) => !questionsExceedQuota],
  speech: ['something that listens to recordings, such as pocketsphinx', ({ hearsSpeech }) => hearsSpeech],
  'own runtime': [
    'a local runtime of its own, whose time it may advance and whose services it may disturb (neither --url nor --directory)',
    ({ ownRuntime }) => ownRuntime !== undefined,
  ],
} as const satisfies Readonly<Record<string, readonly [words: string, isThere: (target: Target) => boolean]>>;

export type Need = keyof typeof NEEDS;

/** The words for the first of these needs that the target does not fulfil. */
export function unmetNeed(target: Target, needs: readonly Need[]): string | undefined {
  const unmet = needs.find((need) => !NEEDS[need][1](target));
  return unmet && NEEDS[unmet][0];
}
