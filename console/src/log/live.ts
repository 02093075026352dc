/** A session's log as it grows: read by one cursor, shown once per frame, left alone while nobody looks. */
import { effect, type Signal, signal } from "@preact/signals";
import { isPassing, type LogEvent, NotFound, WalkawayError } from "../../../clients/typescript/src/index.ts";
import { seen, whenUnseen } from "../state/seen.ts";
import { returned, server } from "../state/server.ts";
import { Conversation } from "./conversation.ts";

const PAGES = 50;

/** A log that is shown: a session's as it grows, or one that was read from a file, whose `id` is empty. */
export interface Log {
  readonly id: string;
  readonly conversation: Conversation;
  readonly events: LogEvent[];
  readonly frame: Signal<number>;
  readonly over: Signal<string>;
  readonly cursor: string;
}

/** One session that is open. `dispose` ends its connection. */
export class Live implements Log {
  readonly conversation = new Conversation();
  readonly events: LogEvent[] = [];
  /** Grows with each frame in which something was new. */
  readonly frame: Signal<number> = signal(0);
  /** Why nothing more will come, in a sentence. */
  readonly over: Signal<string> = signal("");
  cursor = "";
  readonly id: string;
  #end = new AbortController();
  #round = new AbortController();
  #drawn = 0;
  #stops: (() => void)[] = [];
  #asking = false;

  constructor(id: string) {
    this.id = id;
    let before = returned.value;
    const anew = effect(() => {
      if (returned.value !== before) this.#round.abort();
      before = returned.value;
    });
    this.#stops.push(
      anew,
      whenUnseen(() => this.#round.abort()),
    );
    void this.#follow();
  }

  /** Read no further. */
  dispose(): void {
    cancelAnimationFrame(this.#drawn);
    for (const stop of this.#stops) stop();
    this.#end.abort();
    this.#round.abort();
  }

  /** Note what the user said, where that is known before the log says it. `waits`: its turn has not begun. */
  remember(id: string, message: string, waits: boolean): void {
    const turn = this.conversation.turn(id);
    turn.message ??= message;
    if (waits && !turn.entries.length && !turn.at) turn.status = "queued";
    turn.rev++;
    this.#draw();
  }

  async #follow(): Promise<void> {
    while (!this.#end.signal.aborted) {
      if (this.cursor) await seen(this.#end.signal);
      this.#round = new AbortController();
      try {
        const { signal } = this.#round;
        for await (const event of server().session(this.id).events({ after: this.cursor, signal })) this.#take(event);
        this.over.value = "This session is gone.";
        return;
      } catch (error) {
        if (this.#round.signal.aborted) continue;
        if (error instanceof NotFound) this.over.value = "There is no such session.";
        else if (isPassing(error)) continue;
        else this.over.value = error instanceof WalkawayError ? error.message : String(error);
        this.#draw();
        return;
      }
    }
  }

  #take(event: LogEvent): void {
    this.conversation.take(event);
    this.events.push(event);
    this.cursor = event.cursor;
    if (event.type === "message.created" || event.type === "turn.started") void this.#ask();
    this.#draw();
  }

  #draw(): void {
    this.#drawn ||= requestAnimationFrame(() => {
      this.#drawn = 0;
      this.frame.value++;
    });
  }

  /** Find what the user said to the turns of which that is not known. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await new Promise((resolve) => setTimeout(resolve, 30)); // a whole log comes at once
      const pages = server().session(this.id).messages();
      const missing = () =>
        this.conversation.turns.some((turn) => turn.message === undefined && turn.status !== "queued");
      for (let read = 0; read < PAGES && missing() && pages.cursor !== null; read++)
        for (const said of await pages.nextPage(this.#end.signal)) {
          if (said.role !== "user" || said.step !== 0) continue;
          const turn = this.conversation.turn(said.response_id);
          turn.message ??= said.content
            .map((block) => String(block["text"] ?? ""))
            .join("\n")
            .trim();
          turn.rev++;
        }
      for (const turn of this.conversation.turns) if (turn.status !== "queued") turn.message ??= "";
      this.#draw();
    } catch {
      // it is asked for again with the next turn
    } finally {
      this.#asking = false;
    }
  }
}
