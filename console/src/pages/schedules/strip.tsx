/** Thirty days in a row: what became of the times of each, and how many are to come. */
import type { Firing } from "../../state/schedules.ts";
import { Mark, type State } from "../../ui/state.tsx";
import { AHEAD, type Day, daysOf } from "./days.ts";

/** What a day is marked by: the first of these that it has. */
const MARKS: [word: string, state: State][] = [
  ["failed", "failed"],
  ["missed", "cancelled"],
  ["skipped", "cancelled"],
  ["at work", "running"],
  ["waiting", "queued"],
  ["fired", "completed"],
];

interface Drawn {
  /** Firings, the newest first. */
  list: Firing[];
  /** Whether there are no older ones. */
  whole: boolean;
  /** Times that are to come; `cut`: and more. */
  coming: number[];
  cut: boolean;
}

/** The strip. */
export function Strip({ list, whole, coming, cut }: Drawn) {
  const oldest = whole ? 0 : (list.at(-1)?.scheduled_at ?? 0);
  return (
    <ol class="strip" aria-label={`What became of each day, and ${AHEAD} days to come`}>
      {daysOf(list, coming, cut).map((day) => (
        <OneDay key={day.date.getTime()} day={day} dark={day.date.getTime() / 1000 < oldest} />
      ))}
    </ol>
  );
}

function OneDay({ day: { date, counts, more }, dark }: { day: Day; dark: boolean }) {
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  const text = [...parts, ...(more ? ["more to come"] : [])].join(", ");
  const name = date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
  const title = `${name}: ${text || (dark ? "too long ago to be shown" : "nothing")}`;
  const mark = MARKS.find(([word]) => counts.has(word))?.[1];
  const ahead = !mark && text !== "";
  const today = date.toDateString() === new Date().toDateString();
  return (
    <li title={title} aria-current={today ? "date" : undefined} class={ahead ? "ahead" : ""}>
      <span class="unseen">{title}</span>
      <span aria-hidden="true">
        {mark ? <Mark state={mark} bare /> : ahead ? <Mark state="queued" bare /> : dark ? "?" : "·"}
        <small>{date.getDate()}</small>
      </span>
    </li>
  );
}
