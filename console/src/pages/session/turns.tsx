/** The turns of a session, one a line: a way through a long conversation. */
import type { Log } from "../../log/live.ts";
import type { Turn } from "../../log/view.ts";
import { ask, here } from "../../state/here.ts";
import { memo } from "../../ui/memo.ts";
import { Mark, type State } from "../../ui/state.tsx";
import { sought } from "./conversation.tsx";

/** How a turn stands, waiting for an answer counted. */
export function stateOf(turn: Turn): State {
  if (turn.status !== "in_progress") return turn.status;
  return turn.entries.some((entry) => entry.kind === "call" && entry.state === "waiting") ? "waiting" : "running";
}

/** The list. */
export function Turns({ live, chosen }: { live: Log; chosen: string }) {
  live.frame.value;
  const { turns } = live.conversation;
  return (
    <nav class="turns" aria-label="Turns">
      <ol>
        {turns.map((turn) => (
          <Line key={turn.id} turn={turn} rev={turn.rev} shown={turn.id === chosen} />
        ))}
      </ol>
    </nav>
  );
}

/** Go to a turn. */
export function show(turn: Turn): void {
  ask({ ...here.peek().asked, turn: turn.id });
  sought.value = { id: turn.id };
}

const Line = memo(
  ({ turn, shown }: { turn: Turn; rev: number; shown: boolean }) => (
    <li>
      <button type="button" class="bare" aria-current={shown || undefined} onClick={() => show(turn)}>
        <Mark state={stateOf(turn)} bare />
        <span>{turn.message?.text.slice(0, 200) || "…"}</span>
      </button>
    </li>
  ),
  ["shown"],
);
