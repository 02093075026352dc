/** A turn as a picture in time: its steps, and in each what its tools did, as bars from a beginning to an end. */
import { type Call, isOver, type Turn } from "./view.ts";

/** One line of it. Times are in seconds since the epoch; `until` of what goes on is the time that was given. */
interface Bar {
  id: string;
  name: string;
  about: string;
  kind: "step" | "call" | "wait" | "retry";
  at: number;
  until: number;
  open: boolean;
  failed: boolean;
  withdrawn: boolean;
}

/** Draw a turn up to a moment. */
export function bars(turn: Turn, now: number): Bar[] {
  const found: Bar[] = [];
  const end = isOver(turn) ? turn.until : now;
  for (const step of turn.steps) {
    const open = !step.until && !isOver(turn);
    const about = step.tokens ? `${step.tokens} tokens` : "";
    const common = { failed: false, withdrawn: false };
    found.push({
      id: `${turn.id} ${step.number}`,
      name: `step ${step.number}`,
      about,
      kind: "step",
      at: step.at,
      until: step.until || end,
      open,
      ...common,
    });
    for (const [index, retry] of step.retries.entries())
      found.push({
        id: `${turn.id} ${step.number} ${index}`,
        name: "tries again",
        about: retry.error,
        kind: "retry",
        at: retry.at,
        until: Math.min(retry.at + retry.wait, end),
        open: false,
        failed: true,
        withdrawn: false,
      });
    for (const entry of turn.entries)
      if (entry.kind === "call" && entry.step === step.number) found.push(bar(entry, end));
  }
  return found;
}

function bar(call: Call, end: number): Bar {
  const open = !call.until && !call.withdrawn;
  return {
    id: call.id,
    name: call.name,
    about: call.state === "waiting" ? "waits for you" : "",
    kind: call.state === "waiting" ? "wait" : "call",
    at: call.at,
    until: call.until || (call.withdrawn ? call.at : end),
    open,
    failed: call.state === "failed",
    withdrawn: call.withdrawn,
  };
}

/** The beginning and the end of what is drawn. */
export function extent(drawn: Bar[]): [number, number] {
  const from = Math.min(...drawn.map((each) => each.at).filter(Boolean));
  const until = Math.max(...drawn.map((each) => each.until));
  return [from, Math.max(until, from + 0.001)];
}
