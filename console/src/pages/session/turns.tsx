/** The turns of a session, one a line: a way through a long conversation. */
import type { Log } from "../../log/live.ts";
import type { Turn } from "../../log/view.ts";
import { ask, here } from "../../state/here.ts";
import { Mark, type State } from "../../ui/state.tsx";

/** How a turn stands, waiting for an answer counted. */
export function stateOf(turn: Turn): State {
  if (turn.status !== "in_progress") return turn.status;
  return turn.entries.some((entry) => entry.kind === "call" && entry.state === "waiting") ? "waiting" : "running";
}

/** The list. */
export function Turns({ live, chosen }: { live: Log; chosen: string }) {
  live.frame.value;
  const { turns } = live.conversation;
  const show = (turn: Turn) => {
    ask({ ...here.peek().asked, turn: turn.id });
    document.getElementById(turn.id)?.scrollIntoView({ block: "start" });
  };
  return (
    <nav class="turns" aria-label="Turns">
      <ol>
        {turns.map((turn) => (
          <li key={turn.id}>
            <button
              type="button"
              class="bare"
              aria-current={turn.id === chosen || undefined}
              onClick={() => show(turn)}
            >
              <Mark state={stateOf(turn)} bare />
              <span>{turn.message || "…"}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
