/** Waits for a turn's end without holding a stream: long polls, or, of a server that has none, its stream. */
import { address } from "./addresses.ts";
import { Answering } from "./answering.ts";
import { isPassing, TimedOut, TurnWaiting } from "./errors.ts";
import { Follower } from "./following.ts";
import type { ResponseRecord } from "./generated.ts";
import { Place } from "./reading.ts";
import { Deadline, Pacing, sleep } from "./retries.ts";
import type { Transport } from "./transport.ts";
import type { Turn, Waiting } from "./turn.ts";

const LONGEST_POLL = 25;
/** Seconds between two looks at a turn that waits for somebody else. */
const SOON = 0.05;
const SHORTEST = 2;
const LONGEST = 30;

/** Wait until a turn is over, and answer its calls meanwhile. Throws TimedOut, TurnWaiting. */
export async function forTheEnd(turn: Turn, transport: Transport, how: Waiting): Promise<void> {
  const { signal } = how;
  const deadline = new Deadline(how.timeout);
  const answering = new Answering(transport, turn.tools, how.onApproval, signal);
  const wait = { turn, transport, answering, deadline, signal, raising: how.onWaiting !== "wait" };
  const pacing = new Pacing(transport.options.patience, transport.options.firstWait);
  let lost = "";
  while (!turn.ended) {
    try {
      await ((await transport.features(signal)).has("wait") ? poll(wait) : read(wait));
      pacing.connected();
      lost = "";
    } catch (error) {
      if (!isPassing(error)) throw error;
      const pause = pacing.next("retryAfter" in error ? error.retryAfter : 0);
      if (pause === undefined) throw error;
      lost = `: ${error.message}`;
      await sleep(deadline.left(pause), signal);
    }
    if (!turn.ended && deadline.over) throw late(wait, lost);
  }
}

interface Wait {
  turn: Turn;
  transport: Transport;
  answering: Answering;
  deadline: Deadline;
  signal: AbortSignal | undefined;
  raising: boolean;
}

function late({ turn, answering, deadline }: Wait, lost: string): TimedOut {
  const busy = [...answering.running.values()].map((call) => `${call.name} (${call.call_id})`).join(", ");
  return new TimedOut(
    `${turn.ref} has not ended within ${deadline.given} s${lost}` +
      (busy && `; your function for ${busy} has not returned`) +
      `. It goes on: client.turn("${turn.ref}").result() waits for it anew`,
    turn,
  );
}

/** Ask once, and wait for the answer; then for functions of this program, if the turn waits for them. */
async function poll(wait: Wait): Promise<void> {
  const { turn, transport, answering, deadline, signal } = wait;
  answering.check();
  const seconds = deadline.left(LONGEST_POLL);
  const forOthers = turn.pending.length > 0 && !turn.pending.some((call) => answering.knows(call));
  const params = { wait: Math.round(seconds * 1000) / 1000, until: forOthers ? "ended" : "waiting" };
  const path = address("sessions", turn.sessionId, "responses", turn.id);
  const read = seconds + transport.options.timeout;
  const answer = await transport.request("GET", path, { params, read, repeats: 0, signal });
  turn.raw = await answer.json<ResponseRecord>("id");
  look(wait);
  if (answering.running.size) await answering.idle(deadline.left(LONGEST_POLL));
  else if (turn.pending.length && turn.pending.every((call) => answering.begun(call)))
    await sleep(deadline.left(SOON), signal); // what was answered is still shown
}

/** Follow the stream, of which only the calls matter. */
async function read(wait: Wait): Promise<void> {
  const { turn, transport, answering, deadline, signal } = wait;
  await turn.refresh(signal);
  look(wait);
  if (turn.ended) return;
  const path = address("sessions", turn.sessionId, "responses", turn.id, "events");
  const follower = new Follower(transport, path, new Place(turn.cursor), {
    turn: turn.id,
    deadline,
    signal,
    between: others(turn, answering, deadline, signal),
    check: () => answering.check(),
  });
  for await (const event of follower.events()) {
    if (event.type !== "tool_call.requested") continue;
    await turn.refresh(signal);
    look(wait);
  }
  await turn.refresh(signal);
}

/** Begin to answer what can be answered here. */
function look({ turn, answering, raising }: Wait): void {
  const { pending } = turn;
  for (const call of pending) answering.take(call);
  if (raising && pending.length && !pending.some((call) => answering.knows(call))) throw new TurnWaiting(turn, pending);
}

/**
 * Make what looks now and then at a turn that waits for nobody here, until it goes on; for any other, once.
 *
 * It holds no stream meanwhile: on AWS streams end a minute after the waiting begins.
 */
export function others(
  turn: Turn,
  answering: Answering,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): (reached: () => void) => Promise<void> {
  return async (reached) => {
    for (let pause = SHORTEST; !deadline.over; pause = Math.min(pause * 1.5, LONGEST)) {
      answering.check();
      await turn.refresh(signal);
      reached();
      if (!turn.pending.length || turn.pending.some((call) => answering.knows(call))) return;
      await sleep(deadline.left(pause), signal);
    }
  };
}
