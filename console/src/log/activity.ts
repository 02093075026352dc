/** A turn as a picture in time: its steps, and in each what its tools did, as bars from a beginning to an end. */
import { type Call, isOver, type Step, type Turn } from "./view.ts";

/** One line of it. Times are in seconds since the epoch; `until` of what goes on is the time that was given. */
export interface Bar {
  id: string;
  name: string;
  about: string;
  kind: "step" | "call" | "wait" | "retry";
  at: number;
  until: number;
  open: boolean;
  failed: boolean;
  withdrawn: boolean;
  /** Of a tool's: what it was asked, and what it gave. */
  call?: Call;
}

/** Draw a turn up to a moment. */
export function bars(turn: Turn, now: number): Bar[] {
  const end = isOver(turn) ? turn.until : now;
  const calls = new Map<number, Call[]>();
  for (const entry of turn.entries)
    if (entry.kind === "call") {
      const before = calls.get(entry.step);
      if (before) before.push(entry);
      else calls.set(entry.step, [entry]);
    }
  return turn.steps.flatMap((step) => [
    ...ofStep(turn, step, end),
    ...(calls.get(step.number) ?? []).map((call) => bar(call, end)),
  ]);
}

function ofStep(turn: Turn, step: Step, end: number): Bar[] {
  const id = `${turn.id} ${step.number}`;
  const plain = { about: "", open: false, failed: false, withdrawn: false };
  const before = step.before.map((each, index) => ({
    ...plain,
    ...each,
    id: `${id} before ${index}`,
    name: `step ${step.number}, attempt ${index + 1}`,
    kind: "step" as const,
    withdrawn: true,
  }));
  const retries = step.retries.map(({ at, wait, error }, index) => ({
    ...plain,
    id: `${id} ${index}`,
    name: "tries again",
    about: error,
    kind: "retry" as const,
    at,
    until: Math.min(at + wait, end),
    failed: true,
  }));
  const itself = {
    ...plain,
    id,
    name: `step ${step.number}`,
    about: step.tokens ? `${step.tokens} tokens` : "",
    kind: "step" as const,
    at: before.at(-1)?.until ?? step.at,
    until: step.until || end,
    open: !step.until && !isOver(turn),
  };
  return [...before, itself, ...retries];
}

function bar(call: Call, end: number): Bar {
  const waits = call.state === "waiting";
  return {
    id: call.id,
    name: call.name,
    about: waits ? "waits for you" : "",
    kind: waits ? "wait" : "call",
    at: call.at,
    until: call.until || (call.withdrawn ? call.at : end),
    open: !call.until && !call.withdrawn,
    failed: call.state === "failed",
    withdrawn: call.withdrawn,
    call,
  };
}

/** The beginning and the end of what is drawn. */
export function extent(drawn: Bar[]): [number, number] {
  let [from, until] = [Infinity, -Infinity];
  for (const each of drawn) {
    if (each.at) from = Math.min(from, each.at);
    until = Math.max(until, each.until);
  }
  return [from, Math.max(until, from + 0.001)];
}
