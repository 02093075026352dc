/** Waits for a turn's end without holding a stream: long polls, or, of a server that has none, its stream. */
import { Answering } from "./answering.ts";
import { TimedOut, TurnCancelled, TurnFailed, TurnWaiting } from "./errors.ts";
import { Follower } from "./following.ts";
import type { ResponseRecord } from "./generated.ts";
import { Place } from "./reading.ts";
import { Deadline, sleep } from "./retries.ts";
import type { Transport } from "./transport.ts";
import type { Result, Turn, Waiting } from "./turn.ts";

const LONGEST_POLL = 25;
/** Milliseconds behind the deadline in which an answer may still come that was asked for before it. */
const GRACE = 500;
/** The longest time that timers know, in seconds. */
const FOREVER = 2e6;
/** Seconds between two looks at a turn that waits for somebody else. */
const SOON = 0.05;
const SHORTEST = 2;
const LONGEST = 30;

/** Wait until a turn is over, and answer its calls meanwhile; no request outlasts that. Throws TimedOut, TurnWaiting. */
export async function forTheEnd(turn: Turn, transport: Transport, how: Waiting): Promise<void> {
  const deadline = new Deadline(how.timeout);
  const end = how.timeout === undefined ? undefined : AbortSignal.timeout(Math.ceil(1000 * deadline.left(FOREVER)) + GRACE);
  const signal = AbortSignal.any([how.signal, end].filter((each) => each !== undefined));
  const answering = new Answering(transport, turn.tools, how.onApproval, how.signal);
  const wait = { turn, transport, answering, deadline, signal, raising: how.onWaiting !== "wait" };
  const pacing = transport.pacing();
  let lost = "";
  while (!turn.ended) {
    try {
      await ((await transport.features(signal)).has("wait") ? poll(wait) : read(wait));
      pacing.connected();
      lost = "";
    } catch (error) {
      how.signal?.throwIfAborted();
      if (end?.aborted) break;
      const pause = pacing.after(error);
      if (pause === undefined) throw error;
      lost = `: ${(error as Error).message}`;
      await sleep(deadline.left(pause), how.signal);
    }
    if (deadline.over) break;
  }
  if (!turn.ended) throw late(wait, lost);
}

/** Wait for the end, and give what came of it. Throws what `turn.result` does. */
export async function forTheResult(turn: Turn, transport: Transport, how: Waiting): Promise<Result> {
  await forTheEnd(turn, transport, how);
  const { raw, status, text } = turn;
  if (how.raiseOnFailure !== false) {
    if (status === "failed") throw new TurnFailed(turn, raw.error_code ?? "", raw.error ?? "it does not say why");
    if (status === "cancelled") throw new TurnCancelled(turn);
  }
  return {
    text,
    status,
    usage: { ...raw.usage },
    costUsd: raw.cost_usd ?? undefined,
    steps: raw.steps ?? 0,
    files: raw.files ?? undefined,
    calls: turn.pending,
    turn,
  };
}

interface Wait {
  turn: Turn;
  transport: Transport;
  answering: Answering;
  deadline: Deadline;
  signal: AbortSignal;
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
  const read = seconds + transport.options.timeout;
  turn.raw = await transport.json<ResponseRecord>("GET", turn.path, { params, read, repeats: 0, signal }, "id");
  look(wait);
  if (answering.running.size) await answering.idle(deadline.left(LONGEST_POLL));
  else if (turn.pending.length && turn.pending.every((call) => answering.begun(call)))
    await sleep(deadline.left(SOON), signal); // what was answered is still shown
}

/** Follow the stream, of which only the calls matter. */
async function read(wait: Wait): Promise<void> {
  const { turn, transport, answering, deadline, signal } = wait;
  await settle(wait);
  if (turn.ended) return;
  const follower = following(turn, transport, turn.cursor, answering, deadline, signal);
  for await (const event of follower.events()) {
    if (event.type === "tool_call.requested") await settle(wait);
  }
  await turn.refresh(signal);
}

/** Look at its calls, and again behind those that are answered here: what is left then is for others. */
async function settle(wait: Wait): Promise<void> {
  const { turn, answering, deadline, signal, raising } = wait;
  for (;;) {
    await turn.refresh(signal);
    look(wait);
    if (!raising || deadline.over || turn.pending.every((call) => answering.knows(call))) return;
    await answering.idle(deadline.left(LONGEST_POLL));
  }
}

/** Begin to answer what can be answered here. */
function look({ turn, answering, raising }: Wait): void {
  const { pending } = turn;
  for (const call of pending) answering.take(call);
  if (raising && pending.length && !pending.some((call) => answering.knows(call))) throw new TurnWaiting(turn, pending);
}

/** Make what reads a turn's log from a place on, and looks after its calls meanwhile. */
export function following(
  turn: Turn,
  transport: Transport,
  cursor: string,
  answering: Answering,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Follower {
  return new Follower(transport, `${turn.path}/events`, new Place(cursor), {
    turn: turn.id,
    deadline,
    signal,
    between: others(turn, answering, deadline, signal),
    check: () => answering.check(),
  });
}

/**
 * Make what looks now and then at a turn that waits for nobody here, until it goes on; for any other, once.
 *
 * It holds no stream meanwhile: on AWS streams end a minute after the waiting begins.
 */
function others(
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
