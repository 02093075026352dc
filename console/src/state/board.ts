/** What there is: sessions by id as they are now, kept so by the tenant's feed. All lists read from here. */
import { isPassing, NotFound, type records } from "../../../clients/typescript/src/index.ts";
import { sleep } from "../../../clients/typescript/src/retries.ts";
import { base, returned, server, tenant } from "./server.ts";
import { keep, kept } from "./kept.ts";
import { seen, whenUnseen } from "./seen.ts";
import { alone } from "./shared.ts";
import { say, sentence } from "../ui/said.tsx";
import { computed, effect, signal } from "./signal.ts";
import { notify } from "./wishes.ts";
import { type Visit, visit } from "./visits.ts";

export type Session = records.SessionRecord;
type Sessions = ReadonlyMap<string, Session>;

/** What the feed says. */
interface Told {
  id: string;
  type: string;
  data: Record<string, unknown>;
  /** Where the feed is read on. */
  cursor: string;
}

/** All sessions that are known here. */
export const sessions = signal<Sessions>(new Map());
/** Whether the first look is over. */
export const looked = signal(false);
/** Whether all sessions are known here, since their list had no more than a page. */
export const whole = signal(true);
/** This visit, and the one before it. */
export const visiting = signal<Visit>(visit(undefined, Date.now()));
/** Counts what the feed has told of schedules, and of turns that begin and end: lists of firings are asked for anew. */
export const stirred = signal(0);

effect(() => {
  if (tenant.value) visiting.value = visit(kept<Visit>("visit"), Date.now());
  looked.value = false;
  sessions.value = new Map();
});

/** Those that wait for whoever looks. */
export const waiting = computed(() => [...sessions.value.values()].filter((each) => each.pending_tool_calls.length));
/** Those that work. */
export const running = computed(() =>
  [...sessions.value.values()].filter((each) => each.busy && !each.pending_tool_calls.length),
);

const ENDED = ["turn.completed", "turn.failed", "turn.cancelled"];
const PAGES_BACK = 5;
const AT_ONCE = 4;
const GATHERED = 60;
const AGAIN = 1;
const ODD = 2;

/** Look at what there is, then follow the feed, until `signal` says stop. */
export async function follow(signal: AbortSignal): Promise<void> {
  await begun(signal);
  while (!signal.aborted) {
    const round = new AbortController();
    const stop = () => round.abort();
    signal.addEventListener("abort", stop, { once: true });
    const before = returned.value;
    const ends = [
      effect(() => void (returned.value !== before && stop())), // begin anew when the server is back
      whenUnseen(() => notify.value || stop()),
    ];
    const others = new BroadcastChannel(feedName());
    others.onmessage = ({ data }: MessageEvent<Told>) => take(data);
    try {
      await alone(feedName(), round.signal, async () => {
        const { feed } = server();
        const [after, before] = [visiting.value.cursor, feed.cursor];
        for await (const { id, type, data } of feed.events({ after, signal: round.signal })) {
          const told = { id, type, data, cursor: feed.cursor === before ? after : feed.cursor };
          take(told);
          others.postMessage(told);
        }
      });
    } catch (error) {
      if (!round.signal.aborted && !isPassing(error)) await odd(error, signal);
    } finally {
      for (const end of ends) end();
      others.close();
      signal.removeEventListener("abort", stop);
    }
    if (!notify.value) await seen(signal);
    if (!signal.aborted) await look(signal).catch(() => {});
  }
}

/** Look for the first time, as often as it takes; the feed is followed from where it stood before that. */
async function begun(signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const { next } = await page("now", signal);
      visiting.value = { ...visiting.value, cursor: next };
      await Promise.all([look(signal), lookBack(signal)]);
      looked.value = true;
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isPassing(error)) await odd(error, signal);
      await sleep(AGAIN);
    }
  }
}

let told = "";

/** Wait behind an answer that is none of Walkaway's, and say it once: something in between may have given it. */
async function odd(error: unknown, signal: AbortSignal): Promise<void> {
  await sleep(ODD);
  if (signal.aborted || told === sentence(error)) return;
  told = sentence(error);
  say(told, true);
}

/** Ask anew for one session, soon: what several events say of it is asked for once. */
export function refresh(id: string): void {
  asked.add(id);
  timer ??= setTimeout(() => void gather(), GATHERED);
}

/** Note what somebody said of sessions. */
export function note(...found: Session[]): void {
  const map = new Map(sessions.value);
  for (const each of found) map.set(each.id, each);
  sessions.value = map;
}

/** Forget a session. */
export function forget(id: string): void {
  const map = new Map(sessions.value);
  if (map.delete(id)) sessions.value = map;
}

/** Note that one is still here. */
export function stay(): void {
  visiting.value = { ...visiting.value, seen: Date.now() };
  keep("visit", visiting.value);
}

/** One tab follows the feed for all that look as the same tenant at the same server. */
const feedName = (): string => `walkaway feed ${base} ${tenant.value}`;

function take(event: Told): void {
  visiting.value = { ...visiting.value, cursor: event.cursor };
  if (event.type.startsWith("schedule.") || event.type === "turn.started" || ENDED.includes(event.type))
    stirred.value++;
  const id = event.data["session_id"] ?? (event.type.startsWith("session.") ? event.data["id"] : undefined);
  if (typeof id !== "string") return;
  if (event.type === "session.deleted" || event.type === "session.expired") forget(id);
  else refresh(id);
}

async function look(signal: AbortSignal): Promise<void> {
  const list = (only: object) => server().sessions.list(only);
  const newest = list({});
  const found = await newest.nextPage(signal);
  whole.value = newest.cursor === null;
  const older = whole.value ? [] : [list({ waiting: true }), list({ busy: true })];
  found.push(...(await Promise.all(older.map((each) => each.nextPage(signal)))).flat());
  note(...found.map((each) => each.raw as Session));
}

/** Find the sessions whose turns have ended since the last visit, wherever they are in the list. */
async function lookBack(signal: AbortSignal): Promise<void> {
  let after = visiting.value.from;
  if (!after) return;
  const found = new Set<string>();
  for (let pages = 0; pages < PAGES_BACK; pages++) {
    const { events, next } = await page(after, signal).catch(() => ({ events: [], next: after }));
    for (const { type, data } of events) if (ENDED.includes(type)) found.add(String(data["session_id"]));
    if (!events.length) break;
    after = next;
  }
  for (const id of found) if (!sessions.value.has(id)) asked.add(id);
  await gather();
}

async function page(after: string, signal: AbortSignal): Promise<{ events: Omit<Told, "cursor">[]; next: string }> {
  const params = { after, limit: 1000, format: "json" };
  return (await server().request("GET", "/v1/events", { params, signal })).json("next");
}

const asked = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

async function gather(): Promise<void> {
  timer = undefined;
  const ids = [...asked];
  asked.clear();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const found = await Promise.all(ids.slice(from, from + AT_ONCE).map(one));
    note(...found.filter((each) => each !== undefined));
  }
}

async function one(id: string): Promise<Session | undefined> {
  try {
    return (await server().sessions.get(id)).raw as Session;
  } catch (error) {
    if (error instanceof NotFound) forget(id);
    else if (isPassing(error)) setTimeout(() => refresh(id), 2000);
    return undefined;
  }
}
