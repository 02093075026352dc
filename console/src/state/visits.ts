/** Visits: when one was here last, so that one is greeted with what happened since. */

/** What is kept of a visit. Times are in milliseconds since the epoch. */
export interface Visit {
  /** When the visit before this one ended; null: there was none. */
  since: number | null;
  /** Where the feed stood then. */
  from: string;
  /** When this one was last seen going on. */
  seen: number;
  /** And where the feed stood. */
  cursor: string;
}

/** How long one may be away within one visit: a reload, or a look at something else. */
export const AWAY = 10 * 60_000;

/** Begin a visit, or go on with the one that was kept. */
export function visit(last: Visit | undefined, now: number): Visit {
  if (!last) return { since: null, from: "", seen: now, cursor: "" };
  if (now - last.seen < AWAY) return { ...last, seen: now };
  return { since: last.seen, from: last.cursor, seen: now, cursor: last.cursor };
}
