/** The work of a turn in time: steps, tools, retries and waits, each as long as it took; opened, what it did. */
import { useState } from "preact/hooks";
import { type Bar, bars, extent } from "../../log/activity.ts";
import type { Log } from "../../log/live.ts";
import { isOver, tokens, type Turn } from "../../log/view.ts";
import { input } from "../../render/input.ts";
import { turnOf } from "../../state/turns.ts";
import { Clipped } from "../../ui/clipped.tsx";
import { now } from "../../ui/now.ts";
import { count, exact, many, money, span } from "../../ui/words.ts";

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
  const facts = [`${many(turn.steps.length, "step")} in ${span(until - from)}`, ...costs(turn, live.id)];
  return (
    <>
      <p class="dim">
        {turn.message && (
          <>
            “<bdi>{turn.message.text.slice(0, 80)}</bdi>
            {turn.message.text.length > 80 ? " …" : ""}”,{" "}
          </>
        )}
        {facts.join(" · ")}
      </p>
      {drawn.length > MOST && <p class="dim">The last {MOST} are drawn.</p>}
      <ol class="waterfall">
        {drawn.slice(-MOST).map((each) => (
          <Line key={each.id} bar={each} left={part(each.at)} right={part(each.until)} />
        ))}
      </ol>
    </>
  );
}

/** What a turn has taken: tokens as its log has them, money as its record does when it is over. */
function costs(turn: Turn, session: string): string[] {
  const used = tokens(turn.usage) || turn.steps.reduce((sum, step) => sum + step.tokens, 0);
  const cost = session && isOver(turn) ? turnOf(session, turn.id)?.cost_usd : undefined;
  return [used ? `${count(used)} tokens` : "", cost ? money(cost) : ""].filter(Boolean);
}

function Line({ bar, left, right }: { bar: Bar; left: string; right: string }) {
  const [open, setOpen] = useState(false);
  return (
    <li class={`${bar.kind}${bar.withdrawn ? " withdrawn" : ""}${bar.failed ? " failed" : ""}`}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="what">
            {bar.name} <small class="dim">{bar.about}</small>
          </span>
          <span class="lane" aria-hidden="true">
            <i class={bar.open ? "open" : ""} style={{ left, right: `calc(100% - ${right})` }} />
          </span>
          <span class="number dim">{span(bar.until - bar.at)}</span>
        </summary>
        {open && <Did bar={bar} />}
      </details>
    </li>
  );
}

function Did({ bar: { at, about, call, withdrawn } }: { bar: Bar }) {
  return (
    <>
      <p class="small dim">
        {at ? exact(at) : ""}
        {withdrawn && " · taken back: another attempt began"}
      </p>
      {call ? <pre tabIndex={0}>{input(call.name, call.input ?? call.written)}</pre> : about && <p>{about}</p>}
      {call?.output && <Clipped text={call.output} />}
    </>
  );
}
