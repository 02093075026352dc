/** How firings stand, and thirty days of them: what became of the times of each day, and how many are to come. */
import type { records } from "../../../../clients/typescript/src/index.ts";
import type { State } from "../../ui/state.tsx";

const DAYS = 30;
/** Of these, so many are to come. */
export const AHEAD = 7;
const SECONDS = 86_400;

/** A day, and how many of its times came to what, by the word for it. */
export interface Day {
  date: Date;
  counts: Map<string, number>;
  /** Times of it are to come that nobody has looked at. */
  more: boolean;
}

const WORDS: Partial<Record<State, string>> = { failed: "failed", running: "at work", queued: "waiting" };

/** How a firing stands. */
export function stateOf({ outcome, pruned, turn_status }: records.FiringRecord): State {
  const status = pruned?.status ?? turn_status ?? "completed"; // the turn is gone with its session
  if (outcome === "started") return status === "in_progress" ? "running" : status;
  return ({ queued: "queued", skipped: "cancelled", missed: "cancelled", failed: "failed" } as const)[outcome];
}

/** Count by day, as this device has days. `cut`: behind the last of what is `coming` more may come. */
export function daysOf(list: records.FiringRecord[], coming: number[], cut: boolean, now = new Date()): Day[] {
  const last = cut ? (coming.at(-1) ?? Infinity) : Infinity;
  const days = Array.from({ length: DAYS }, (_, number): Day => {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() + number - (DAYS - 1 - AHEAD));
    return { date, counts: new Map(), more: date.getTime() / 1000 > last - SECONDS };
  });
  const byName = new Map(days.map((day) => [day.date.toDateString(), day.counts]));
  const count = (at: number, word: string, more = 1) => {
    const counts = byName.get(new Date(at * 1000).toDateString());
    counts?.set(word, (counts.get(word) ?? 0) + more);
  };
  for (const each of list) {
    const passed = each.outcome === "skipped" || each.outcome === "missed";
    count(each.scheduled_at, passed ? each.outcome : (WORDS[stateOf(each)] ?? "fired"), each.count);
  }
  for (const at of coming) count(at, "to come");
  return days;
}
