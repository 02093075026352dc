/** A session whose turn ended: what it made, or why it failed and what to do about it. */
import { to } from "../../app/router.ts";
import type { Session } from "../../state/board.ts";
import { go } from "../../state/here.ts";
import { again } from "../../state/again.ts";
import type { Turn } from "../../state/turns.ts";
import { Download } from "../parts/download.tsx";
import { doing } from "../../ui/said.tsx";
import { Mark } from "../../ui/state.tsx";
import { exact, many, money, when } from "../../ui/words.ts";

const FILES = 3;

interface Over {
  session: Session;
  /** undefined: not known here yet. */
  turn: Turn | undefined;
  status: "completed" | "failed" | "cancelled";
}

/** One card. */
export function Ended({ session, turn, status }: Over) {
  const files = (turn?.files ?? []).filter((file) => file.op === "written");
  const repeat = () =>
    doing(async () => {
      await again(session.id, turn?.id ?? "");
      go("s", [session.id]);
    });
  return (
    <li class="card">
      <Mark state={status} bare />
      <div class="about">
        <a class="title" data-row href={to("s", [session.id])}>
          {session.title || "Untitled"}
        </a>
        {status === "failed" && <p class="wrong">{turn?.error ?? "It failed"}</p>}
        {status !== "failed" && turn?.output_text && <p class="dim clip">{turn.output_text.slice(0, 300)}</p>}
        {files.length > 0 && (
          <div class="chips">
            {files.slice(0, FILES).map((file) => (
              <Download key={file.path} session={session.id} path={file.path} bytes={file.size ?? 0} />
            ))}
            {files.length > FILES && (
              <span class="dim">and {many(files.length - FILES, "more file", "more files")}</span>
            )}
          </div>
        )}
      </div>
      {turn && <span class="dim number">{many(turn.steps, "step")}</span>}
      {turn?.cost_usd ? <span class="dim number">{money(turn.cost_usd)}</span> : null}
      <time class="dim number" title={exact(session.last_activity)}>
        {when(session.last_activity)}
      </time>
      {status === "failed" && (
        <button type="button" onClick={repeat}>
          Send again
        </button>
      )}
    </li>
  );
}
