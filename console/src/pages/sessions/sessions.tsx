/** All sessions: filtered by how they stand, by agent and by words, opened, and deleted by the dozen. */
import { useEffect, useState } from "preact/hooks";
import { to } from "../../app/router.ts";
import { forget, looked, type Session, sessions } from "../../state/board.ts";
import { ask, here } from "../../state/here.ts";
import { useLoaded } from "../../state/loaded.ts";
import { server } from "../../state/server.ts";
import { signal } from "../../state/signal.ts";
import { sure } from "../../ui/ask.tsx";
import { toggled } from "../../ui/field.tsx";
import { now } from "../../ui/now.ts";
import { say, sentence } from "../../ui/said.tsx";
import { Mark, type State } from "../../ui/state.tsx";
import { exact, many, money, when } from "../../ui/words.ts";
import { OpenLog } from "../session/opened.tsx";
import { NewTask } from "../inbox/new_task.tsx";
import { Older } from "./older.tsx";

const FILTERS: { name: string; label: string; fits: (session: Session) => boolean }[] = [
  { name: "", label: "All", fits: () => true },
  { name: "running", label: "Running", fits: (each) => standing(each) === "running" },
  { name: "waiting", label: "Waiting for you", fits: (each) => standing(each) === "waiting" },
  { name: "failed", label: "Failed", fits: (each) => standing(each) === "failed" },
];
const AGENTS = 1000;
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
  const { show = "", q = "", agent = "" } = here.value.asked;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [wrong, setWrong] = useState<ReadonlyMap<string, string>>(new Map());
  const filter = FILTERS.find((each) => each.name === show) ?? FILTERS[0];
  const known = sessions.value;
  const agents = useLoaded(() => server().agents.list().first(AGENTS), []);
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
  const whose = [...known.values()].filter((each) => !agent || each.agent === agent);
  const fitting = new Set(whose.filter((each) => filter?.fits(each) && named(each, names, q)));
  const rows = [...added, ...order.value]
    .map((id) => known.get(id))
    .filter((each): each is Session => each !== undefined && fitting.has(each));
  const picked = rows.filter((row) => chosen.has(row.id));
  const drop = async () => {
    setWrong(await remove(picked));
    setChosen(new Set());
  };
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
          onInput={(event) => ask({ ...here.peek().asked, q: event.currentTarget.value })}
        />
      </header>
      <div class="filters" role="group" aria-label="Which sessions">
        {FILTERS.map((each) => (
          <button
            key={each.name}
            type="button"
            aria-pressed={each.name === show}
            onClick={() => ask({ ...here.peek().asked, show: each.name })}
          >
            {each.label} <span class="dim">{whose.filter(each.fits).length}</span>
          </button>
        ))}
        {(names.size > 0 || agent) && (
          <select
            aria-label="Agent"
            value={agent}
            onChange={(event) => ask({ ...here.peek().asked, agent: event.currentTarget.value })}
          >
            <option value="">Any agent</option>
            {[...new Map([...(agent ? [[agent, agent] as const] : []), ...names])].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
        <span class="fill" />
        {picked.length > 0 && (
          <>
            <button type="button" onClick={() => setChosen(new Set(picked.length < rows.length ? fitted(rows) : []))}>
              {picked.length < rows.length ? `Choose all ${rows.length}` : "Choose none"}
            </button>
            <button type="button" class="danger" onClick={drop}>
              Delete {many(picked.length, "session")}
            </button>
          </>
        )}
      </div>
      {rows.length > 0 && (
        <ul class="rows">
          {rows.map((session) => (
            <Row
              key={session.id}
              session={session}
              agent={names.get(session.agent ?? "") ?? ""}
              wrong={wrong.get(session.id)}
              chosen={chosen.has(session.id)}
              toggle={() => setChosen(toggled(chosen, session.id))}
            />
          ))}
        </ul>
      )}
      {looked.value && rows.length === 0 && known.size > 0 && <p class="calm">No session is like that.</p>}
      <Older q={q} show={show} agent={agent} names={names} order={order} />
      {looked.value && known.size === 0 && <NewTask examples />}
    </div>
  );
}

const fitted = (rows: Session[]): string[] => rows.map((row) => row.id);

/** Whether a text stands in what a session is called, whose it is, or what it says of itself. */
function named({ title, agent, id, metadata }: Session, names: ReadonlyMap<string, string>, q: string): boolean {
  const texts = [title, names.get(agent ?? ""), agent, id, JSON.stringify(metadata)];
  return texts.some((text) => text?.toLowerCase().includes(q.trim().toLowerCase()));
}

interface Shown {
  session: Session;
  agent: string;
  wrong: string | undefined;
  chosen: boolean;
  toggle: () => void;
}

function Row({ session, agent, wrong, chosen, toggle }: Shown) {
  const title = session.title || "Untitled";
  return (
    <li class="row-of" aria-current={chosen || undefined}>
      <input type="checkbox" aria-label={`Choose ${title}`} checked={chosen} onChange={toggle} />
      <Mark state={standing(session)} bare />
      <a class="title" data-row href={to("s", [session.id])}>
        {title}
      </a>
      <span class="dim narrowless">{agent}</span>
      <span class="dim narrowless">{session.turns === null ? "" : many(session.turns, "turn")}</span>
      <span class="dim number narrowless">{session.cost_usd > 0 ? money(session.cost_usd) : ""}</span>
      <time class="dim number" title={exact(session.last_activity)}>
        {when(session.last_activity, now.value)}
      </time>
      {wrong && <p class="wrong">{wrong}</p>}
    </li>
  );
}

/** Delete sessions, if that is meant; gives what went wrong, by their ids. */
async function remove(picked: Session[]): Promise<ReadonlyMap<string, string>> {
  const wrong = new Map<string, string>();
  const busy = picked.filter((each) => each.busy).length;
  const text = `${busy ? `${many(busy, "turn")} will be cancelled. ` : ""}Files stay in the workspace; the conversations are gone for good.`;
  if (!(await sure(`Delete ${many(picked.length, "session")}?`, text, "Delete"))) return wrong;
  for (const { id } of picked)
    try {
      await server().sessions.delete(id);
      forget(id);
    } catch (error) {
      wrong.set(id, sentence(error));
    }
  const gone = picked.length - wrong.size;
  if (gone) say(`Deleted ${many(gone, "session")}.`);
  return wrong;
}
