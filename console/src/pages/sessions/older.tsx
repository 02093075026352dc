/** Sessions that the page does not know yet: older ones, and those that the server finds by what is filtered by. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { note, type Session, whole } from "../../state/board.ts";
import { server } from "../../state/server.ts";
import type { Signal } from "../../state/signal.ts";
import { doing } from "../../ui/said.tsx";

const WAIT = 300;
/** Agents whose sessions are asked for, where a text stands in the names of more. */
const MOST = 5;
const STANDING: Record<string, object> = {
  running: { busy: true },
  waiting: { waiting: true },
  failed: { failed: true },
};

interface Wanted {
  q: string;
  show: string;
  agent: string;
  names: ReadonlyMap<string, string>;
  order: Signal<string[]>;
}

/** What is filtered by is looked for by itself, in the first part of what there is; a button goes on. */
export function Older({ q, show, agent, names, order }: Wanted) {
  const asked = JSON.stringify(questions(q.trim(), show, agent, names));
  const lists = useMemo(() => (JSON.parse(asked) as object[]).map((each) => server().sessions.list(each)), [asked]);
  const [read, setRead] = useState(0);
  const load = async () => {
    const open = lists.filter((list) => list.cursor !== null);
    const found = (await Promise.all(open.map((list) => list.nextPage()))).flat();
    note(...found.map((each) => each.raw as Session));
    order.value = [...new Set([...order.value, ...found.map((each) => each.id)])];
    setRead((before) => before + 1);
  };
  const filtered = Boolean(q.trim() || show || agent);
  useEffect(() => {
    if (whole.value || !filtered) return undefined;
    const timer = setTimeout(() => void load().catch(() => {}), WAIT); // whoever presses the button is told
    return () => clearTimeout(timer);
  }, [lists, whole.value]);
  if (whole.value || lists.every((list) => list.cursor === null)) return null;
  return (
    <p class="more" data-read={read}>
      <button type="button" onClick={() => void doing(load)}>
        Look for older ones
      </button>
    </p>
  );
}

/** What the server is asked for: it knows texts of titles, and agents by their ids. */
function questions(q: string, show: string, agent: string, names: ReadonlyMap<string, string>): object[] {
  const how = { ...STANDING[show], ...(agent && { agent }) };
  if (!q) return [how];
  const whose = [...names].filter(([id]) => !agent || id === agent);
  const meant = whose.filter(([, name]) => name.toLowerCase().includes(q.toLowerCase()));
  return [{ ...how, q }, ...meant.slice(0, MOST).map(([id]) => ({ ...how, agent: id }))];
}
