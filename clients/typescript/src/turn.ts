/** A turn, as a program holds it: read its events, wait for its end, answer its calls. All to be kept is `ref`. */
import { address } from "./addresses.ts";
import type { ChangedFile, LogEvent, ResponseRecord } from "./generated.ts";
import { Accumulator } from "./reading.ts";
import { told } from "./happening.ts";
import { answered, type Approver, type Call, give, type Tools } from "./tools.ts";
import type { Transport } from "./transport.ts";
import { forTheEnd, forTheResult } from "./waiting.ts";

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
  /** Its address at the server. */
  readonly path: string;

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
    this.path = address("sessions", session, "responses", id);
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
    const { sessionId, id: turnId } = this;
    return (this.raw.pending_tool_calls ?? []).map((call) => ({ ...call, sessionId, turnId }));
  }

  /** Ask how it stands. */
  async refresh(signal?: AbortSignal): Promise<this> {
    this.raw = await this.#transport.json<ResponseRecord>("GET", this.path, { signal }, "id");
    return this;
  }

  /** Read events, from where this turn was left or `after`, to the last one. Runs the calls of this program's tools. */
  events(how: Reading = {}): AsyncGenerator<LogEvent, void> {
    return told(this, this.#transport, this.#said, how);
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
    return forTheResult(this, this.#transport, how);
  }

  /** Cancel it. When this is done it is over, by that or before. */
  async cancel(signal?: AbortSignal): Promise<this> {
    await this.#transport.json("POST", `${this.path}/cancel`, { safe: "yes", signal });
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
}

const named = (call: string | { call_id: string }) => ({ call_id: typeof call === "string" ? call : call.call_id });
