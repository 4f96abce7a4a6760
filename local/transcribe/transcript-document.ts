import { LOCAL_ACCOUNT } from '../platform/principal.ts';
import type { Speech, SpokenWord } from './speech.ts';

/** How long a word takes where nothing is known of the recording's length. */
const SECONDS_PER_WORD = 0.4;

/**
 * The transcript as Transcribe writes it (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output). Words that came
 * without times are spread evenly over the recording, and count as certain.
 */
export function transcriptDocument(jobName: string, { text, words }: Speech, durationSeconds: number | undefined): object {
  const items = words ? words.map(pronounced) : spread(text, durationSeconds);
  const documents = items.map((item, id) => ({ id, ...item }));
  return {
    jobName,
    accountId: LOCAL_ACCOUNT,
    status: 'COMPLETED',
    results: {
      transcripts: [{ transcript: text }],
      items: documents,
      audio_segments: documents.length === 0 ? [] : [segment(text, documents)],
    },
  };
}

interface Item {
  readonly type: 'pronunciation' | 'punctuation';
  readonly alternatives: readonly { readonly confidence: string; readonly content: string }[];
  readonly start_time?: string;
  readonly end_time?: string;
}

function pronounced({ content, startSeconds, endSeconds, confidence }: SpokenWord): Item {
  return {
    type: 'pronunciation',
    alternatives: [{ confidence: decimal(confidence), content }],
    start_time: decimal(startSeconds),
    end_time: decimal(endSeconds),
  };
}

/** Punctuation is an item of its own, has no time, and is never certain. */
function spread(text: string, durationSeconds: number | undefined): Item[] {
  const tokens = text.match(/[.,?!;:]+(?=\s|$)|\S+?(?=[.,?!;:]*(?:\s|$))/g) ?? [];
  const isWord = (token: string) => !/^[.,?!;:]+$/.test(token);
  const wordCount = tokens.filter(isWord).length;
  const secondsPerWord = durationSeconds === undefined ? SECONDS_PER_WORD : durationSeconds / Math.max(1, wordCount);
  let spoken = 0;
  return tokens.map((content) => {
    if (!isWord(content)) return { type: 'punctuation', alternatives: [{ confidence: '0.0', content }] };
    const startSeconds = secondsPerWord * spoken++;
    return pronounced({ content, startSeconds, endSeconds: startSeconds + secondsPerWord, confidence: 1 });
  });
}

function segment(transcript: string, items: readonly (Item & { readonly id: number })[]): object {
  return {
    id: 0,
    transcript,
    start_time: items.find(({ start_time }) => start_time !== undefined)?.start_time,
    end_time: items.findLast(({ end_time }) => end_time !== undefined)?.end_time,
    items: items.map(({ id }) => id),
  };
}

/** With one to three places, as Transcribe writes numbers. */
function decimal(value: number): string {
  const rounded = Math.round(value * 1000) / 1000;
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded);
}
