/** All sessions: filtered by how they stand and what they are called, opened, and deleted by the dozen. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Pages, Session as Handle } from "../../../../clients/typescript/src/index.ts";
import { to } from "../../app/router.ts";
import { forget, looked, note, type Session, sessions } from "../../state/board.ts";
import { ask, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { sure } from "../../ui/ask.tsx";
import { now } from "../../ui/now.ts";
import { doing, say } from "../../ui/said.tsx";
import { Mark, type State } from "../../ui/state.tsx";
import { exact, many, money, when } from "../../ui/words.ts";
import { OpenLog } from "../session/opened.tsx";
import { NewTask } from "../inbox/new_task.tsx";

const FILTERS: { name: string; label: string; fits: (session: Session) => boolean }[] = [
  { name: "", label: "All", fits: () => true },
  { name: "running", label: "Running", fits: (each) => standing(each) === "running" },
  { name: "waiting", label: "Waiting for you", fits: (each) => standing(each) === "waiting" },
  { name: "failed", label: "Failed", fits: (each) => standing(each) === "failed" },
];
/** Rows stay where they are until one comes back to the page: what changes, changes in its place. */
const order = signal<string[]>([]);

/** How a session stands. */
export function standing(session: Session): State {
  if (session.pending_tool_calls.length) return "waiting";
  if (session.busy) return "running";
  return session.last_response?.status ?? (session.queue.length ? "queued" : "idle");
}

/** The page. */
export function Sessions() {
  const { show = "", q = "" } = here.value.asked;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const filter = FILTERS.find((each) => each.name === show) ?? FILTERS[0];
  const known = sessions.value;
  const agents = useLoaded((signal) => server().agents.list().nextPage(signal), []);
  const names = new Map((agents.value ?? []).map((each) => [each.id, each.name]));
  useEffect(() => {
    order.value = [...sessions.peek().values()]
      .sort((a, b) => b.last_activity - a.last_activity)
      .map((each) => each.id);
  }, [looked.value]);
  const listed = new Set(order.value);
  const added = [...known.keys()]
    .filter((id) => !listed.has(id))
    .sort()
    .reverse();
  const rows = [...added, ...order.value]
    .map((id) => known.get(id))
    .filter((each): each is Session => each !== undefined && (filter?.fits(each) ?? true) && named(each, names, q));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const picked = rows.filter((row) => chosen.has(row.id));
  return (
    <div class="page">
      <header class="bar">
        <h1>Sessions</h1>
        <span class="fill" />
        <OpenLog />
        <input
          type="search"
          data-filter
          placeholder="Filter by title or agent"
          aria-label="Filter by title or agent"
          value={q}
          onInput={(event) => ask({ show, q: event.currentTarget.value })}
        />
      </header>
      <div class="filters" role="group" aria-label="Which sessions">
        {FILTERS.map((each) => (
          <button
            key={each.name}
            type="button"
            aria-pressed={each.name === show}
            onClick={() => ask({ show: each.name, q })}
          >
            {each.label} <span class="dim">{[...known.values()].filter(each.fits).length}</span>
          </button>
        ))}
        <span class="fill" />
        {picked.length > 0 && (
          <button type="button" class="danger" onClick={() => void remove(picked).then(() => setChosen(new Set()))}>
            Delete {many(picked.length, "session")}
          </button>
        )}
      </div>
      {rows.length > 0 && (
        <ul class="rows">
          {rows.map((session) => (
            <Row key={session.id} session={session} chosen={chosen.has(session.id)} toggle={() => toggle(session.id)} />
          ))}
        </ul>
      )}
      {looked.value && rows.length === 0 && known.size > 0 && <p class="calm">No session is like that.</p>}
      <More q={q} show={show} />
      {looked.value && known.size === 0 && <NewTask examples />}
    </div>
  );
}

const named = (session: Session, names: ReadonlyMap<string, string>, q: string): boolean =>
  `${session.title} ${names.get(session.agent ?? "") ?? ""} ${session.agent ?? ""} ${session.id}`.toLowerCase().includes(q.trim().toLowerCase());

function Row({ session, chosen, toggle }: { session: Session; chosen: boolean; toggle: () => void }) {
  const title = session.title || "Untitled";
  return (
    <li class="row-of" aria-current={chosen || undefined}>
      <input type="checkbox" aria-label={`Choose ${title}`} checked={chosen} onChange={toggle} />
      <Mark state={standing(session)} bare />
      <a class="title" data-row href={to("s", [session.id])}>
        {title}
      </a>
      <span class="dim narrowless">{session.turns === null ? "" : many(session.turns, "turn")}</span>
      <span class="dim number narrowless">{session.cost_usd > 0 ? money(session.cost_usd) : ""}</span>
      <time class="dim number" title={exact(session.last_activity)}>
        {when(session.last_activity, now.value)}
      </time>
    </li>
  );
}

async function remove(picked: Session[]): Promise<void> {
  const busy = picked.filter((each) => each.busy).length;
  const text = `${busy ? `${many(busy, "turn")} will be cancelled. ` : ""}Files stay in the workspace; the conversations are gone for good.`;
  if (!(await sure(`Delete ${many(picked.length, "session")}?`, text, "Delete"))) return;
  let gone = 0;
  for (const each of picked)
    if (await doing(() => server().sessions.delete(each.id))) {
      forget(each.id);
      gone++;
    }
  if (gone) say(`Deleted ${many(gone, "session")}.`);
}

/** Older sessions, and those that the server finds: lists come in pages. */
function More({ q, show }: { q: string; show: string }) {
  const pages = useMemo<Pages<Handle>>(
    () =>
      server().sessions.list({
        ...(q && { q }),
        ...(show === "running" && { busy: true }),
        ...(show === "waiting" && { waiting: true }),
      }),
    [q, show],
  );
  const [cursor, setCursor] = useState<string | null>("");
  useEffect(() => setCursor(""), [pages]);
  const load = () =>
    doing(async () => {
      const found = await pages.nextPage();
      note(...found.map((each) => each.raw as Session));
      order.value = [...new Set([...order.value, ...found.map((each) => each.id)])];
      setCursor(pages.cursor);
    });
  if (cursor === null || (sessions.value.size < 100 && !q)) return null;
  return (
    <p class="more">
      <button type="button" onClick={() => void load()}>
        Look for older ones
      </button>
    </p>
  );
}
