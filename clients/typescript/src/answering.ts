/** Answers calls that a turn puts to its caller: by the program's functions, and by whoever says yes or no. */
import {
  AlreadyAnswered,
  BadRequest,
  IdempotencyMismatch,
  NotFound,
  NotWaiting,
  TooLarge,
} from "./errors.ts";
import { sleep } from "./retries.ts";
import { type Approver, type Call, give, type Given, judged, ran, type Tools, untold } from "./tools.ts";
import type { Transport } from "./transport.ts";

const MOST = 8;

/** Answers the calls that this program can answer, eight at once, each once; leaves the others alone. */
export class Answering {
  readonly running = new Map<string, Call>();
  #transport: Transport;
  #tools: Tools;
  #approver: Approver | undefined;
  #signal: AbortSignal;
  #begun = new Set<string>();
  #waiting: Call[] = [];
  #busy = 0;
  #failure: { error: unknown } | undefined;
  #changed: (() => void)[] = [];

  constructor(transport: Transport, tools: Tools, approver?: Approver, signal = new AbortController().signal) {
    this.#transport = transport;
    this.#tools = tools;
    this.#approver = approver;
    this.#signal = signal;
  }

  /** Whether somebody here can answer it. */
  knows(call: Call): boolean {
    return call.needs === "output" ? Object.hasOwn(this.#tools, call.name) : this.#approver !== undefined;
  }

  /** Whether it is being answered, or was. */
  begun(call: Call): boolean {
    return this.#begun.has(call.call_id);
  }

  /** Begin to answer it, unless that has begun, or nobody here can. */
  take(call: Call): void {
    if (!this.knows(call) || this.begun(call)) return;
    this.#begun.add(call.call_id);
    this.running.set(call.call_id, call);
    this.#waiting.push(call);
    this.#next();
  }

  /** Throw why an answer could not be given. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Wait until an answer is given, so long at the most. */
  async idle(seconds: number): Promise<void> {
    if (!this.running.size) return;
    const over = new AbortController();
    const changed = new Promise<void>((resolve) => this.#changed.push(resolve));
    const either = AbortSignal.any([this.#signal, over.signal]);
    await Promise.race([changed, sleep(seconds, either).catch(() => {})]);
    over.abort();
    this.#signal.throwIfAborted();
  }

  #next(): void {
    while (this.#busy < MOST && this.#waiting.length) {
      const call = this.#waiting.shift() as Call;
      this.#busy++;
      void this.#answer(call).finally(() => {
        this.#busy--;
        this.running.delete(call.call_id);
        for (const resolve of this.#changed.splice(0)) resolve();
        this.#next();
      });
    }
  }

  async #answer(call: Call): Promise<void> {
    try {
      const tool = call.needs === "output" && this.#tools[call.name];
      const said = tool ? await ran(tool, call) : await judged(this.#approver as Approver, call);
      await this.#tell(call, said, Boolean(tool));
    } catch (error) {
      // Somebody else was first, or nobody waits any more: no error of whoever answers.
      if (error instanceof AlreadyAnswered || error instanceof NotWaiting || error instanceof NotFound) return;
      this.#failure ??= { error };
    }
  }

  /** Give an answer; where the server does not take it, the model is told why it gets none. */
  async #tell(call: Call, said: Given, isOutput: boolean): Promise<void> {
    try {
      await this.#give(call, said);
    } catch (error) {
      const kinds = [BadRequest, TooLarge, IdempotencyMismatch];
      if (!isOutput || !kinds.some((kind) => error instanceof kind)) throw error;
      await this.#give(call, untold(call, error as BadRequest));
    }
  }

  /** Give an answer, for as long as a log would be followed: the function has run, and runs no second time. */
  async #give(call: Call, said: Given): Promise<void> {
    const pacing = this.#transport.pacing();
    for (;;) {
      try {
        await give(this.#transport, call.sessionId, [said], this.#signal);
        return;
      } catch (error) {
        const pause = pacing.after(error);
        if (pause === undefined) throw error;
        await sleep(pause, this.#signal);
      }
    }
  }
}
