/** Tells what happens in a turn, and runs the calls of this program's tools meanwhile. */
import { Answering } from "./answering.ts";
import { NotFound, Refused, Unreachable } from "./errors.ts";
import { isAtEnd } from "./following.ts";
import type { LogEvent, PendingToolCall, ResponseRecord } from "./generated.ts";
import type { Accumulator } from "./reading.ts";
import { Deadline } from "./retries.ts";
import type { Call } from "./tools.ts";
import type { Transport } from "./transport.ts";
import type { Reading, Turn } from "./turn.ts";
import { following } from "./waiting.ts";

/** Give a turn's events by the rules of `turn.events`; `said` takes what its steps say. */
export async function* told(
  turn: Turn,
  transport: Transport,
  said: Accumulator,
  how: Reading,
): AsyncGenerator<LogEvent, void> {
  const cursor = how.after === undefined ? turn.cursor : String(how.after).replace(/^-1$/, "");
  if (!cursor) said.text = "";
  const { signal } = how;
  const answering = new Answering(transport, how.tools === false ? {} : turn.tools, how.onApproval, signal);
  const follower = following(turn, transport, cursor, answering, new Deadline(), signal);
  for await (const event of how.follow === false ? follower.present() : follower.events()) {
    await taken(turn, said, event, answering, signal);
    yield event;
  }
}

async function taken(
  turn: Turn,
  said: Accumulator,
  event: LogEvent,
  answering: Answering,
  signal?: AbortSignal,
): Promise<void> {
  const { sessionId, id: turnId } = turn;
  const call = event.type === "tool_call.requested" && { ...(event.data as PendingToolCall), sessionId, turnId };
  const waits = call && answering.knows(call) && (await waitsFor(turn, call, signal));
  turn.cursor = event.cursor; // what throws before is read anew from there
  said.take(event);
  if (call && waits) answering.take(call);
  else if (call && !answering.knows(call)) note(turn, call.call_id, call);
  else if (event.type === "tool_result") note(turn, event.data.id);
  else if (event.type === "tool_call.approved") note(turn, event.data.call_id);
  if (!isAtEnd(event)) return;
  turn.raw.status = event.type.slice("message.".length).replace("error", "failed") as ResponseRecord["status"];
  await turn.refresh(signal).catch((error: unknown) => {
    if (!(error instanceof Unreachable || error instanceof Refused)) throw error; // the log has told the end
  });
}

/** Note what the log says of a call: that it is `asked`, or waits no more. */
function note(turn: Turn, id: string, asked?: Call): void {
  const left = (turn.raw.pending_tool_calls ?? []).filter((each) => each.call_id !== id);
  turn.raw.pending_tool_calls = asked ? [...left, asked] : left;
}

/** Whether a call still waits: an old log has those that were answered long ago. */
async function waitsFor(turn: Turn, { call_id }: Call, signal?: AbortSignal): Promise<boolean> {
  const found = await turn.refresh(signal).catch((error: unknown) => {
    if (!(error instanceof NotFound)) throw error;
  });
  return found?.pending.some((each) => each.call_id === call_id) ?? false;
}
