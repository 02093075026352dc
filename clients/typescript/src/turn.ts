/** A turn, as a program holds it: read its events, wait for its end, answer its calls. All to be kept is `ref`. */
import { address } from "./addresses.ts";
import { Answering } from "./answering.ts";
import { NotFound, Refused, TurnCancelled, TurnFailed, Unreachable } from "./errors.ts";
import { Follower, isAtEnd } from "./following.ts";
import type { ChangedFile, LogEvent, PendingToolCall, ResponseRecord } from "./generated.ts";
import { Accumulator, Place } from "./reading.ts";
import { Deadline } from "./retries.ts";
import { answered, type Approver, type Call, give, type Tools } from "./tools.ts";
import type { Transport } from "./transport.ts";
import { forTheEnd, others } from "./waiting.ts";

export type { Call } from "./tools.ts";

/** How events are read. */
export interface Reading {
  /** A cursor, to read on behind it; `""`: from the beginning. Without it from where this turn was left. */
  after?: string | number;
  /** Whether to wait for what comes; else what is there is given. True by default. */
  follow?: boolean;
  /** Whether this program's tools run. True by default. */
  tools?: boolean;
  onApproval?: Approver;
  signal?: AbortSignal;
}

/** How a result is waited for. */
export interface Waiting {
  /** Seconds by the clock, in all. */
  timeout?: number;
  /** What happens when it waits for what nobody in this program answers: TurnWaiting is thrown, or it waits on. */
  onWaiting?: "raise" | "wait";
  onApproval?: Approver;
  /** Whether TurnFailed and TurnCancelled are thrown. True by default. */
  raiseOnFailure?: boolean;
  signal?: AbortSignal;
}

/** What a turn has come to. */
export interface Result {
  text: string;
  status: string;
  usage: Record<string, number>;
  /** undefined: not known, or a model without a price. */
  costUsd: number | undefined;
  steps: number;
  /** undefined: an older server does not tell. */
  files: ChangedFile[] | undefined;
  /** Those that it still waits for. */
  calls: Call[];
  turn: Turn;
}

/**
 * One message and what becomes of it. Properties say what is known here, and ask nobody: `refresh()` does.
 *
 * Leaving a loop over its events closes a connection and cancels nothing.
 */
export class Turn {
  readonly sessionId: string;
  readonly id: string;
  /** All that the server said of it last. */
  raw: Partial<ResponseRecord>;
  /** Where it was left: behind the last event that was given. */
  cursor: string;
  /** Whether the message started it, is queued, or was told to the one that ran. */
  readonly outcome: string;
  readonly tools: Tools;
  #transport: Transport;
  #said = new Accumulator();
  #path: string;

  constructor(
    transport: Transport,
    session: string,
    id: string,
    more: { tools?: Tools; raw?: Partial<ResponseRecord>; outcome?: string; after?: number } = {},
  ) {
    this.#transport = transport;
    this.sessionId = session;
    this.id = id;
    this.raw = more.raw ?? {};
    this.tools = more.tools ?? {};
    this.outcome = more.outcome ?? "";
    this.cursor = (more.after ?? -1) >= 0 ? String(more.after) : "";
    this.#path = address("sessions", session, "responses", id);
  }

  /** What `client.turn(ref)` takes, on any machine. */
  get ref(): string {
    return `${this.sessionId}/${this.id}`;
  }

  /** `queued`, `in_progress`, `completed`, `failed` or `cancelled`; empty: not known here yet. */
  get status(): string {
    return this.raw.status ?? "";
  }

  /** Whether it is known to be over. */
  get ended(): boolean {
    return ["completed", "failed", "cancelled"].includes(this.status);
  }

  /** The text of the last step, as far as it is known here. */
  get text(): string {
    return this.raw.output_text || this.#said.text;
  }

  /** The calls that it waits for, as far as that is known here. */
  get pending(): Call[] {
    return (this.raw.pending_tool_calls ?? []).map((call) => this.#call(call));
  }

  /** Ask how it stands. */
  async refresh(signal?: AbortSignal): Promise<this> {
    const answer = await this.#transport.request("GET", this.#path, { signal });
    this.raw = await answer.json<ResponseRecord>("id");
    return this;
  }

  /** Read events, from where this turn was left or `after`, to the last one. Runs the calls of this program's tools. */
  async *events(how: Reading = {}): AsyncGenerator<LogEvent, void> {
    const cursor = how.after === undefined ? this.cursor : String(how.after).replace(/^-1$/, "");
    if (!cursor) this.#said = new Accumulator();
    const { signal } = how;
    const answering = new Answering(this.#transport, how.tools === false ? {} : this.tools, how.onApproval, signal);
    const follower = new Follower(this.#transport, `${this.#path}/events`, new Place(cursor), {
      turn: this.id,
      signal,
      between: others(this, answering, new Deadline(), signal),
      check: () => answering.check(),
    });
    for await (const event of how.follow === false ? follower.present() : follower.events()) {
      await this.#take(event, answering, signal);
      yield event;
    }
  }

  /** Read what the agent says, as it says it. What an attempt wrote that failed may come again; `text` has it once. */
  async *texts(how: Reading = {}): AsyncGenerator<string, void> {
    for await (const event of this.events(how)) if (event.type === "text.delta") yield event.data.content;
  }

  /** Wait for the end, whatever it is and whoever answers its calls. Throws TimedOut; the turn goes on then. */
  async wait(how: Pick<Waiting, "timeout" | "onApproval" | "signal"> = {}): Promise<this> {
    await forTheEnd(this, this.#transport, { ...how, onWaiting: "wait" });
    return this;
  }

  /** Wait for the end and give what came of it. Throws TurnFailed, TurnCancelled, TurnWaiting, TimedOut. */
  async result(how: Waiting = {}): Promise<Result> {
    await forTheEnd(this, this.#transport, how);
    if (how.raiseOnFailure !== false) {
      if (this.status === "failed")
        throw new TurnFailed(this, this.raw.error_code ?? "", this.raw.error ?? "it does not say why");
      if (this.status === "cancelled") throw new TurnCancelled(this);
    }
    return {
      text: this.text,
      status: this.status,
      usage: { ...this.raw.usage },
      costUsd: this.raw.cost_usd ?? undefined,
      steps: this.raw.steps ?? 0,
      files: this.raw.files ?? undefined,
      calls: this.pending,
      turn: this,
    };
  }

  /** Cancel it. When this is done it is over, by that or before. */
  async cancel(signal?: AbortSignal): Promise<this> {
    await (await this.#transport.request("POST", `${this.#path}/cancel`, { safe: "yes", signal })).json();
    return this.refresh(signal);
  }

  /** Answer a call: text as it is, anything else as JSON. The first answer stands. */
  async answer(call: string | { call_id: string }, output: unknown, isError = false): Promise<void> {
    const said = answered(named(call), output);
    await give(this.#transport, this.sessionId, [isError ? { ...said, is_error: true } : said]);
  }

  /** Say yes to a call of the server's tool. */
  async approve(call: string | { call_id: string }): Promise<void> {
    await give(this.#transport, this.sessionId, [{ ...named(call), approve: true }]);
  }

  /** Say no to it; the model is told why. */
  async deny(call: string | { call_id: string }, reason = ""): Promise<void> {
    await give(this.#transport, this.sessionId, [{ ...named(call), approve: false, reason }]);
  }

  #call(said: PendingToolCall): Call {
    return { ...said, sessionId: this.sessionId, turnId: this.id };
  }

  async #take(event: LogEvent, answering: Answering, signal?: AbortSignal): Promise<void> {
    const call = event.type === "tool_call.requested" ? this.#call(event.data as PendingToolCall) : undefined;
    const waits = call && answering.knows(call) && (await this.#waitsFor(call, signal));
    this.cursor = event.cursor; // what throws before is read anew from there
    this.#said.take(event);
    if (call && waits) answering.take(call);
    else if (call && !answering.knows(call)) this.#note(call.call_id, call);
    else if (event.type === "tool_result") this.#note(event.data.id);
    else if (event.type === "tool_call.approved") this.#note(event.data.call_id);
    if (!isAtEnd(event)) return;
    this.raw.status = event.type.slice("message.".length).replace("error", "failed") as ResponseRecord["status"];
    await this.refresh(signal).catch((error: unknown) => {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error; // the log has told the end
    });
  }

  /** Note what the log says of a call: that it is `asked`, or waits no more. */
  #note(id: string, asked?: Call): void {
    const left = (this.raw.pending_tool_calls ?? []).filter((each) => each.call_id !== id);
    this.raw.pending_tool_calls = asked ? [...left, asked] : left;
  }

  /** Whether a call still waits: an old log has those that were answered long ago. */
  async #waitsFor(call: Call, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.refresh(signal);
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
    return this.pending.some((each) => each.call_id === call.call_id);
  }
}

const named = (call: string | { call_id: string }) => ({ call_id: typeof call === "string" ? call : call.call_id });
