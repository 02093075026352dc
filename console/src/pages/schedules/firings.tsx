/** What became of each time: as dots in a row, and as a table. */
import { useEffect, useRef, useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { useLoaded } from "../../state/loaded.ts";
import { type Firing, firings, type Schedule } from "../../state/schedules.ts";
import { turnOf } from "../../state/turns.ts";
import { Mark } from "../../ui/state.tsx";
import { exact, many, when } from "../../ui/words.ts";
import { stateOf } from "./days.ts";

const DOTS = 20;
const ROWS = 100;

/** What became of it, in a sentence; of a turn that failed, why. */
function said(firing: Firing): string {
  const { error, outcome, count, pruned, session_id, response_id, turn_status } = firing;
  const deleted = pruned ? `${many(pruned.deleted, "session")} deleted` : "";
  const why =
    error?.message ??
    (turn_status === "failed" && session_id && response_id ? turnOf(session_id, response_id)?.error : "");
  if (why) return [deleted, why].filter(Boolean).join("; ");
  return outcome === "missed" && count > 1 ? `${count} times were missed` : deleted || outcome;
}

/** The last ones, the newest at the right. A red one leads to the sentence that says why. */
export function Dots({ schedule }: { schedule: Schedule }) {
  const { id, last_firing } = schedule;
  const row = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(([each]) => each?.isIntersecting && setSeen(true));
    if (row.current) watch.observe(row.current);
    return () => watch.disconnect();
  }, []);
  const { value = [] } = useLoaded(
    async (signal) => (seen && last_firing ? firings(id, signal, DOTS) : []),
    [id, seen, JSON.stringify(last_firing)],
  );
  return (
    <span class="dots-row narrowless" ref={row}>
      {value.toReversed().map((each) => {
        const [mark, title] = [<Mark state={stateOf(each)} bare />, `${exact(each.scheduled_at)}: ${said(each)}`];
        return stateOf(each) === "failed" ? (
          <a key={each.id} title={title} href={to("schedules", [id], { firing: each.id })}>
            {mark}
          </a>
        ) : (
          <span key={each.id} title={title}>
            {mark}
          </span>
        );
      })}
    </span>
  );
}

/** All that is known, the newest first; the one that was `chosen` is brought into sight. */
export function Firings({ list, chosen }: { list: Firing[]; chosen: string }) {
  const [most, setMost] = useState(ROWS);
  if (!list.length) return <p class="calm">It has not fired yet.</p>;
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Firings">
      <table>
        <thead>
          <tr>
            <th>For</th>
            <th>Fired</th>
            <th>By</th>
            <th>What became of it</th>
          </tr>
        </thead>
        <tbody>
          {list.slice(0, most).map((each) => (
            <Row key={each.id} firing={each} chosen={each.id === chosen} />
          ))}
        </tbody>
      </table>
      {list.length > most && (
        <p class="more">
          <button type="button" onClick={() => setMost(most + ROWS)}>
            Show {many(list.length - most, "earlier one")}
          </button>
        </p>
      )}
    </div>
  );
}

function Row({ firing, chosen }: { firing: Firing; chosen: boolean }) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (!chosen) return;
    row.current?.scrollIntoView({ block: "center" });
    row.current?.focus();
  }, [chosen]);
  const text = said(firing);
  return (
    <tr ref={row} tabIndex={-1} aria-current={chosen || undefined}>
      <td title={exact(firing.scheduled_at)}>{when(firing.scheduled_at)}</td>
      <td title={exact(firing.fired_at)}>{when(firing.fired_at)}</td>
      <td>{firing.trigger.replace("_", " ")}</td>
      <td>
        <Mark state={stateOf(firing)} bare />{" "}
        {firing.session_id ? (
          <a data-row href={to("s", [firing.session_id], { turn: firing.response_id ?? "" })}>
            {text}
          </a>
        ) : (
          <span class={firing.outcome === "failed" ? "wrong" : ""}>{text}</span>
        )}
      </td>
    </tr>
  );
}
