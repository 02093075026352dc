/** A session's head: its title, how it stands, and what can be done with all of it. */
import { useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import type { Live } from "../../log/live.ts";
import { asMarkdown, asLines } from "../../log/export.ts";
import { isOver, tokens } from "../../log/view.ts";
import { forget, note, refresh, type Session } from "../../state/board.ts";
import { save } from "../../state/files.ts";
import { ask, go, here } from "../../state/here.ts";
import { server } from "../../state/server.ts";
import { sure } from "../../ui/ask.tsx";
import { Act } from "../../ui/act.tsx";
import { Icon } from "../../ui/icon.tsx";
import { now } from "../../ui/now.ts";
import { doing } from "../../ui/said.tsx";
import { Mark } from "../../ui/state.tsx";
import { count, money, span } from "../../ui/words.ts";
import { cancel } from "../inbox/running.tsx";
import { standing } from "../sessions/sessions.tsx";

interface Headed {
  id: string;
  session: Session | undefined;
  live: Live;
}

/** The head. */
export function Head({ id, session, live }: Headed) {
  const shown = here.value.asked["side"] || here.value.asked["file"];
  const side = () =>
    ask(shown ? { turn: here.peek().asked["turn"] ?? "" } : { ...here.peek().asked, side: "activity" });
  return (
    <header class="head">
      <a class="bare" href={to("sessions")} aria-label="All sessions">
        <Icon name="back" />
      </a>
      <Title key={session?.title ?? ""} id={id} session={session} over={live.over.value !== ""} />
      {live.over.value ? <span class="standing dim">{live.over.value}</span> : <Standing session={session} live={live} />}
      <span class="fill" />
      {session?.busy && (
        <button type="button" onClick={() => void cancel(session)}>
          <Icon name="stop" /> <span class="word">Cancel</span>
        </button>
      )}
      <button type="button" class="only-small" aria-pressed={Boolean(shown)} onClick={side}>
        Details
      </button>
      <More id={id} session={session} live={live} />
    </header>
  );
}

function Title({ id, session, over }: { id: string; session: Session | undefined; over: boolean }) {
  const [editing, setEditing] = useState(false);
  const [title, setTitle] = useState(session?.title ?? "");
  const rename = async (event: Event) => {
    event.preventDefault();
    setEditing(false);
    if (title.trim() === session?.title) return;
    await doing(async () => note((await server().session(id).update({ title: title.trim() })).raw as Session));
  };
  if (!editing)
    return (
      <h1>
        <span class="clip">{session ? session.title || "Untitled" : "…"}</span>
        {!over && (
          <Act icon="edit" label="Rename" size={14} small act={() => setEditing(true)} />
        )}
      </h1>
    );
  return (
    <form class="rename" onSubmit={(event) => void rename(event)}>
      <h1 class="unseen">{session?.title || "Untitled"}</h1>
      <input
        aria-label="Title"
        value={title}
        maxLength={200}
        ref={(field) => field?.focus()}
        onInput={(event) => setTitle(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setEditing(false)}
        onBlur={(event) => void rename(event)}
      />
    </form>
  );
}

/** How the turn stands that runs, or the last one. */
function Standing({ session, live }: { session: Session | undefined; live: Live }) {
  live.frame.value;
  const turn = live.conversation.turns.findLast((each) => each.status !== "queued");
  if (!session) return null;
  const used = turn ? tokens(turn.usage) || turn.steps.reduce((sum, step) => sum + step.tokens, 0) : 0;
  const facts = [
    turn?.at ? span((isOver(turn) ? turn.until : now.value) - turn.at) : "",
    turn?.steps.length ? `step ${turn.steps.at(-1)?.number}` : "",
    used ? `${count(used)} tokens` : "",
    session.cost_usd > 0 ? money(session.cost_usd) : "",
  ];
  return (
    <span class="standing">
      <Mark state={standing(session)} />
      <span class="unseen" aria-live="polite">
        {turn && !isOver(turn) && facts[1]}
      </span>
      <span class="dim number narrowless">{facts.filter(Boolean).join(" · ")}</span>
    </span>
  );
}

function More({ id, session, live }: Headed) {
  const name =
    (session?.title || id)
      .replace(/[^\w -]+/g, "")
      .trim()
      .slice(0, 60) || id;
  const acts: [string, () => unknown][] = [
    ["Save the conversation (Markdown)", () => save(asMarkdown(session?.title ?? id, live.conversation), `${name}.md`)],
    ["Save the log (JSON lines)", () => save(asLines(live.events, live.conversation), `${name}.jsonl`)],
  ];
  if (!live.over.value) acts.push(["Delete this session …", () => remove(id, session)]);
  return (
    <details class="menu" onKeyDown={(event) => event.key === "Escape" && event.currentTarget.removeAttribute("open")}>
      <summary aria-label="More" title="More">
        <Icon name="more" />
      </summary>
      <ul>
        {acts.map(([what, act]) => (
          <li key={what}>
            <button
              type="button"
              class="bare"
              onClick={(event) => {
                event.currentTarget.closest("details")?.removeAttribute("open");
                void act();
              }}
            >
              {what}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

async function remove(id: string, session: Session | undefined): Promise<void> {
  const text = `${session?.busy ? "What runs is cancelled. " : ""}The conversation is gone for good; files stay in the workspace.`;
  if (!(await sure("Delete this session?", text, "Delete"))) return;
  if (!(await doing(() => server().sessions.delete(id), "Deleted."))) return refresh(id);
  forget(id);
  go("sessions");
}
