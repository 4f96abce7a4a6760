/** Damps how much the first places count more than the next ones (Cormack, Clarke and Büttcher, SIGIR 2009). */
const RANK_CONSTANT = 60;

/**
 * Reciprocal rank fusion: scores by which what is high in several rankings comes first, whatever the rankings count by. A score is 1
 * for what is first in all of them; what has no positive score in a ranking has no place in it.
 */
export function fuseRankings(rankings: readonly Float64Array[], places: readonly number[]): Float64Array {
  const fused = new Float64Array(rankings[0]?.length ?? 0);
  for (const scores of rankings) {
    const scoreOf = (place: number) => scores[place] ?? 0;
    const ranked = places.filter((place) => scoreOf(place) > 0).sort((a, b) => scoreOf(b) - scoreOf(a));
    ranked.forEach((place, rank) => {
      fused[place] = (fused[place] ?? 0) + (RANK_CONSTANT + 1) / (RANK_CONSTANT + 1 + rank) / rankings.length;
    });
  }
  return fused;
}
