/** What became of each time: as dots in a row, and as a table. */
import { to } from "../../app/router.ts";
import { stirred } from "../../state/board.ts";
import { useLoaded } from "../../state/loaded.ts";
import { type Firing, firings } from "../../state/schedules.ts";
import { Mark, type State } from "../../ui/state.tsx";
import { exact, when } from "../../ui/words.ts";

const DOTS = 12;

/** How a firing stands. */
export function stateOf(firing: Firing): State {
  if (firing.outcome === "started")
    return firing.turn_status === "in_progress" ? "running" : (firing.turn_status ?? "completed");
  return ({ queued: "queued", skipped: "cancelled", missed: "cancelled", failed: "failed" } as const)[firing.outcome];
}

const said = (firing: Firing): string =>
  firing.error?.message ??
  (firing.outcome === "missed" && firing.count > 1 ? `${firing.count} times were missed` : firing.outcome);

/** The last ones, the newest at the right. */
export function Dots({ schedule }: { schedule: string }) {
  const { value = [] } = useLoaded((signal) => firings(schedule, signal, DOTS), [schedule, stirred.value]);
  return (
    <span class="dots-row narrowless">
      {value.toReversed().map((each) => (
        <span key={each.id} title={`${exact(each.scheduled_at)}: ${said(each)}`}>
          <Mark state={stateOf(each)} bare />
        </span>
      ))}
    </span>
  );
}

/** All that is known, the newest first. */
export function Firings({ list }: { list: Firing[] }) {
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
          {list.map((each) => (
            <tr key={each.id}>
              <td title={exact(each.scheduled_at)}>{when(each.scheduled_at)}</td>
              <td title={exact(each.fired_at)}>{when(each.fired_at)}</td>
              <td>{each.trigger.replace("_", " ")}</td>
              <td>
                <Mark state={stateOf(each)} bare />{" "}
                {each.session_id ? (
                  <a href={to("s", [each.session_id])}>{said(each)}</a>
                ) : (
                  <span class={each.outcome === "failed" ? "wrong" : ""}>{said(each)}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
