/** Entries of a turn: begun, gone on with, found again and ended. Each change is in its place, and `rev` tells of it. */
import type { Call, Entry, Note, Spoken, Step, Turn } from "./view.ts";

type Data = Record<string, any>;

/** End a turn, and with it whatever was still open in it. */
export function ended(turn: Turn, status: Turn["status"], at: number): void {
  turn.status = status;
  turn.until = at;
  for (const entry of turn.entries) {
    if (entry.kind === "note") continue;
    if (entry.kind === "call" && !["done", "failed"].includes(entry.state))
      Object.assign(entry, { state: "failed", needs: "", until: at });
    else if (entry.kind !== "call" && entry.open) Object.assign(entry, { open: false, until: at });
    else continue;
    entry.rev++;
  }
}

/** The step that was begun last. */
export const last = (turn: Turn): Step | undefined => turn.steps.at(-1);

/** Find a step. Numbers only grow, so it is seldom looked for far from the end. */
export function stepOf(turn: Turn, number: number): Step | undefined {
  const step = turn.steps.findLast((each) => each.number <= number);
  return step?.number === number ? step : undefined;
}

/** Strike through what the attempt before has written of a step: the last entries, behind those of earlier attempts. */
export function withdrawn(turn: Turn, step: number): void {
  for (let index = turn.entries.length - 1; index >= 0; index--) {
    const entry = turn.entries[index] as Entry;
    if (entry.step < step || entry.withdrawn) return;
    if (entry.kind === "note") continue;
    entry.withdrawn = true;
    if (entry.kind !== "call") entry.open = false;
    entry.rev++;
  }
}

function placed(turn: Turn, at: number) {
  return {
    id: `${turn.id}:${turn.entries.length}`,
    step: last(turn)?.number ?? 0,
    at,
    until: 0,
    withdrawn: false,
    rev: 0,
  };
}

function add<E extends Entry>(turn: Turn, entry: E): E {
  turn.entries.push(entry);
  return entry;
}

/** Add something that happened beside what was said. */
export function noted(turn: Turn, what: string, text: string, at: number, detail = ""): Note {
  const { until: _, ...place } = placed(turn, at);
  return add(turn, { kind: "note", what, text, detail, ...place });
}

/** Begin a text, or a thought. */
export function spoken(turn: Turn, kind: Spoken["kind"], at: number): Spoken {
  const entry = add(turn, { kind, text: "", open: true, sources: new Set(), ...placed(turn, at) });
  turn.open[kind] = entry;
  return entry;
}

/** The text or thought that is being written. */
export function open(turn: Turn, kind: Spoken["kind"]): Spoken | undefined {
  const entry = turn.open[kind];
  return entry?.open ? entry : undefined;
}

/** Go on with it; one that was never begun begins. */
export function said(turn: Turn, kind: Spoken["kind"], data: Data, at: number): void {
  const entry = open(turn, kind) ?? spoken(turn, kind, at);
  entry.text += String(data["content"]);
  entry.rev++;
}

/** End it. */
export function closed(turn: Turn, kind: Spoken["kind"], at: number): void {
  const entry = open(turn, kind);
  if (entry) Object.assign(entry, { open: false, until: at, rev: entry.rev + 1 });
}

/** Begin a call. */
export function called(turn: Turn, callId: string, name: string, at: number, state: Call["state"]): Call {
  const asked = { input: undefined, written: "", output: "", progress: "", needs: "", expiresAt: 0, files: [] };
  const call = add(turn, { kind: "call", callId, name, state, ...asked, ...placed(turn, at) });
  turn.calls.set(callId, call);
  if (state === "writing") turn.writing.push(call);
  return call;
}

/** The call whose arguments are being written. */
export function writing(turn: Turn): Call | undefined {
  while (turn.writing.length && turn.writing.at(-1)?.state !== "writing") turn.writing.pop();
  return turn.writing.at(-1);
}

/** Find a call by its id, of those that hold. */
export function found(turn: Turn, id: string): Call | undefined {
  const call = turn.calls.get(id);
  return call?.withdrawn ? undefined : call;
}

/** Change what is known of a call. */
export function changed(turn: Turn, id: string, change: Partial<Call>): void {
  const call = found(turn, id);
  if (call) Object.assign(call, change, { rev: call.rev + 1 });
}

/** Read arguments; what is no JSON stays the text that it is. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return text;
  }
}
