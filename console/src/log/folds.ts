/** Which entries of a long turn are folded: those of steps that are over, a hundred a fold. */

/** Entries of a fold. */
export const FOLD = 100;
/** A turn of more entries folds all but so many, or a few more: a fold begins where one ends, wherever the turn is. */
const MANY = 500;
const OPEN = 300;

/** Where the folds of a turn begin, by how many entries it has. */
export function foldsOf(entries: number): number[] {
  const folded = entries > MANY ? Math.floor((entries - OPEN) / FOLD) : 0;
  return Array.from({ length: folded }, (_, index) => index * FOLD);
}
