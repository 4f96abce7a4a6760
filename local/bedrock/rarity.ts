/**
 * How much a term says, by how few of `total` texts hold it: BM25's inverse document frequency, always positive
 * (https://en.wikipedia.org/wiki/Okapi_BM25).
 */
export function rarity(total: number, holding: number): number {
  return Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
}
