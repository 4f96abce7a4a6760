import type { Passage } from '../shared/manual-retriever.ts';
import { excerptOf } from './excerpt.ts';
import { MARKER } from './prompt.contract.ts';
import type { CitationDocument } from './query.contract.ts';

export interface CheckedAnswer {
  /** The answer with markers `[1]`, `[2]`, … in the order in which they appear; those that name no passage are gone. */
  readonly text: string;
  /** One per distinct passage cited, in the order of the markers. */
  readonly citations: readonly CitationDocument[];
}

/** Checks every marker of an answer against the passages that it was drawn from. */
export function checkCitations(answer: string, passages: readonly Passage[]): CheckedAnswer {
  const cited: { passage: Passage; claims: string[] }[] = [];
  const text = answer.replace(MARKER, (_marker, digits: string, offset: number) => {
    const passage = passages[Number(digits) - 1];
    if (!passage) return '';
    let position = cited.findIndex((citation) => citation.passage === passage);
    if (position < 0) position = cited.push({ passage, claims: [] }) - 1;
    cited[position]?.claims.push(claimBefore(answer, offset));
    return `[${position + 1}]`;
  });
  return {
    text: text
      .replace(/[ \t]+([.,;:!?])/g, '$1')
      .replace(/[ \t]{2,}/g, ' ')
      .trim(),
    citations: cited.map(({ passage, claims }) => ({
      manual_id: passage.manualId,
      filename: passage.filename,
      page: passage.page,
      section: passage.section,
      excerpt: excerptOf(passage.text, claims.join(' ')),
      score: passage.score,
    })),
  };
}

/** The sentence that a marker at `offset` stands behind. */
function claimBefore(answer: string, offset: number): string {
  const before = answer.slice(0, offset).replace(MARKER, ' ').trimEnd();
  const body = before.replace(/[.!?]+$/, '');
  const start = Math.max(body.lastIndexOf('. '), body.lastIndexOf('! '), body.lastIndexOf('? '), body.lastIndexOf('\n'));
  return before.slice(start + 1).trim();
}
