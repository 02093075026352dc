/** The work of a turn in time: steps, tools, retries and waits, each as long as it took. */
import type { Log } from "../../log/live.ts";
import { bars, extent } from "../../log/activity.ts";
import { now } from "../../ui/now.ts";
import { many, span } from "../../ui/words.ts";
import { isOver } from "../../log/view.ts";

const MOST = 400;

/** Of the chosen turn, or the last one. */
export function Activity({ live, turn: chosen }: { live: Log; turn: string }) {
  live.frame.value;
  const { turns } = live.conversation;
  const turn = turns.find((each) => each.id === chosen) ?? turns.findLast((each) => each.steps.length) ?? turns.at(-1);
  if (!turn?.steps.length) return <p class="calm">What is done is drawn here, in time.</p>;
  const drawn = bars(turn, isOver(turn) ? turn.until : now.value);
  const [from, until] = extent(drawn);
  const part = (at: number) => `${Math.min(100, Math.max(0, ((at - from) / (until - from)) * 100)).toFixed(2)}%`;
  return (
    <>
      <p class="dim">
        {turn.message ? `“${turn.message.slice(0, 80)}”, ` : ""}
        {many(turn.steps.length, "step")} in {span(until - from)}
      </p>
      <ol class="waterfall">
        {drawn.slice(-MOST).map((each) => (
          <li key={each.id} class={`${each.kind}${each.withdrawn ? " withdrawn" : ""}${each.failed ? " failed" : ""}`}>
            <span class="what">
              {each.name} <small class="dim">{each.about}</small>
            </span>
            <span class="lane" aria-hidden="true">
              <i
                class={each.open ? "open" : ""}
                style={{ left: part(each.at), right: `calc(100% - ${part(each.until)})` }}
              />
            </span>
            <span class="number dim">{span(each.until - each.at)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
