/** A session that works: how far it says it is, for how long it has, and what it has cost. */
import { useEffect } from "preact/hooks";
import { to } from "../../app/router.ts";
import { refresh, type Session } from "../../state/board.ts";
import { whileSeen } from "../../state/seen.ts";
import { server } from "../../state/server.ts";
import { sure } from "../../ui/ask.tsx";
import { now } from "../../ui/now.ts";
import { doing } from "../../ui/said.tsx";
import { Mark } from "../../ui/state.tsx";
import { money, span } from "../../ui/words.ts";

/** What an agent reports goes into no feed: it is asked for while somebody looks. */
const LOOKED_AT = 5000;

/** One card. */
export function Running({ session }: { session: Session }) {
  useEffect(() => whileSeen(() => refresh(session.id), LOOKED_AT), [session.id]);
  const { status, percent } = session.metadata as { status?: unknown; percent?: unknown };
  const far = typeof percent === "number" ? Math.min(100, Math.max(0, percent)) : undefined;
  return (
    <li class="card">
      <Mark state="running" bare />
      <div class="about">
        <a class="title" data-row href={to("s", [session.id])}>
          {session.title || "Untitled"}
        </a>
        <p class="dim">
          {[far !== undefined && `${far} %`, typeof status === "string" && status].filter(Boolean).join(" · ") ||
            "at work"}
        </p>
        {far !== undefined && <progress max={100} value={far} aria-label="How far it is" />}
      </div>
      <span class="dim number" title="since its last sign of life">
        {span(now.value - session.last_activity)}
      </span>
      {session.cost_usd > 0 && <span class="dim number">{money(session.cost_usd)}</span>}
      <button type="button" onClick={() => void cancel(session)}>
        Cancel
      </button>
    </li>
  );
}

/** Cancel what runs in a session, if that is meant. */
export async function cancel(session: Session): Promise<void> {
  const { response_id: turn } = session;
  if (!turn) return;
  const meant = await sure(
    "Cancel this turn?",
    "What it has done stays; what it is doing now is given up.",
    "Cancel the turn",
  );
  if (meant) await doing(() => server().session(session.id).turn(turn).cancel(), "Cancelled.");
  refresh(session.id);
}
