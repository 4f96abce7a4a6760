import { termsOf } from './terms.ts';

/** What a question asks for, by how it is put; nothing of it when it is put otherwise. */
export interface QuestionKind {
  /** What an error code means, rather than where the fuse of a product is that is named like one. */
  readonly code: boolean;
  /** A procedure. */
  readonly steps: boolean;
  readonly figure: boolean;
  readonly reason: boolean;
  /** What a word, a state or a lamp means. */
  readonly meaning: boolean;
}

const ASKS_ABOUT_CODE = /\b(error|code|fault|alarm|display|shows?|means?|what is|what's)\b/i;
const ASKS_FOR_STEPS = /\b(how (do|can|could|should|would|to)|what (should|do|can|must) (i|we|you)|what to do|steps?)\b/i;
const ASKS_FOR_FIGURE =
  /\bhow (long|many|much|often|far|big|large|heavy|high|tall|wide|deep|hot|old|fast|loud)\b|\b(what|which) (\w+ ){0,2}(size|length|width|height|weight|diameter|distance|temperature|pressure|voltage|frequency|speed|capacity|number|values?)\b/i;
const ASKS_FOR_REASON = /\b(why|how come|what for|reason)\b/i;
const ASKS_FOR_MEANING = /\b(means?|meaning|stands? for|what (is|are|does|do)|what's)\b/i;

const FIGURE =
  /\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once|twice|hourly|daily|weekly|monthly|yearly)\b/i;
const REASON = /\b(because|since|due to|caused? by|so that|in order to|otherwise|therefore|reason|prevents?)\b/i;
/** What is explained in a line that begins with it: "resting: the battery is charged", "F5 -- starts it". */
const EXPLAINED = /^(?:[-*•–]\s*)?([^:=]{1,40}?)(?::| --?| –| =)\s/;

export function kindOf(question: string): QuestionKind {
  return {
    code: ASKS_ABOUT_CODE.test(question),
    steps: ASKS_FOR_STEPS.test(question),
    figure: ASKS_FOR_FIGURE.test(question),
    reason: ASKS_FOR_REASON.test(question),
    meaning: ASKS_FOR_MEANING.test(question),
  };
}

/** Whether a sentence has the form of what is asked for. */
export function isOfKind(sentence: string, { figure, reason, meaning }: QuestionKind, asked: ReadonlySet<string>): boolean {
  return (figure && FIGURE.test(sentence)) || (reason && REASON.test(sentence)) || (meaning && explains(sentence, asked));
}

function explains(sentence: string, asked: ReadonlySet<string>): boolean {
  const explained = termsOf(EXPLAINED.exec(sentence)?.[1] ?? '');
  return explained.length > 0 && explained.every((term) => asked.has(term));
}
