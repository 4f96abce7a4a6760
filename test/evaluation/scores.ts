import type { Outcome } from './measure.ts';

/** How many of how many. */
export interface Ratio {
  readonly count: number;
  readonly of: number;
}

/** What is measured of a group of questions. */
export interface Scores {
  /** Of the questions that the manual answers: the right place is first, or among the first five. */
  readonly hitAt1: Ratio;
  readonly hitAt5: Ratio;
  /** Of the same: the answer contains the fact, or says that there is none. */
  readonly containsFact: Ratio;
  readonly falseRefusals: Ratio;
  /** Of the questions that it does not answer: the answer says so. */
  readonly honestRefusals: Ratio;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** The scores of all questions but the poisoned, and by kind, format and half. */
export function scoresByGroup(outcomes: readonly Outcome[]): Map<string, Scores> {
  const asked = outcomes.filter(({ kind }) => kind !== 'poisoned');
  const groupings: ((outcome: Outcome) => string)[] = [
    () => 'all',
    ({ kind }) => kind,
    ({ contentType }) => formatOf(contentType),
    ({ half }) => `${half} half`,
  ];
  const groups = groupings.flatMap((grouping) => [...Map.groupBy(asked, grouping)]);
  return new Map(groups.map(([name, group]) => [name, scoresOf(group)]));
}

export function scoresOf(outcomes: readonly Outcome[]): Scores {
  const answerable = outcomes.filter((outcome) => outcome.answerable);
  const unanswerable = outcomes.filter((outcome) => !outcome.answerable);
  const times = outcomes.map(({ milliseconds }) => milliseconds);
  return {
    hitAt1: ratio(answerable, ({ rank }) => rank === 1),
    hitAt5: ratio(answerable, ({ rank }) => rank !== null && rank <= 5),
    containsFact: ratio(answerable, (outcome) => outcome.containsFact),
    falseRefusals: ratio(answerable, ({ refused }) => refused),
    honestRefusals: ratio(unanswerable, ({ refused }) => refused),
    medianMs: percentile(times, 50),
    p95Ms: percentile(times, 95),
  };
}

/** A ratio as a number from 0 to 1; NaN of nothing. */
export function share({ count, of }: Ratio): number {
  return count / of;
}

/** The least value that at least so many percent of the values do not pass; NaN of no values. */
export function percentile(values: readonly number[], percent: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1] ?? Number.NaN;
}

function ratio(outcomes: readonly Outcome[], counts: (outcome: Outcome) => boolean): Ratio {
  return { count: outcomes.filter(counts).length, of: outcomes.length };
}

function formatOf(contentType: string): string {
  return contentType.endsWith('wordprocessingml.document') ? 'DOCX' : contentType;
}
