/** A session's log as it grows: read by one cursor, shown once per frame, left alone while nobody looks. */
import { isPassing, type LogEvent, NotFound, type records, WalkawayError } from "../../../clients/typescript/src/index.ts";
import { sleep } from "../../../clients/typescript/src/retries.ts";
import { seen, whenUnseen } from "../state/seen.ts";
import { returned, server } from "../state/server.ts";
import { stream } from "../state/shared.ts";
import { effect, type Signal, signal } from "../state/signal.ts";
import { Conversation } from "./conversation.ts";
import { heard, heardIn, type Message } from "./message.ts";

/** Seconds between two looks at a log, where other tabs hold all streams. */
const LOOK = 1;
const GONE = "This session is gone.";

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
  /** Where the last part begins of what was said that was read. */
  #said = "";

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
  remember(id: string, message: Message, waits: boolean): void {
    const turn = this.conversation.turn(id);
    turn.message ??= message;
    if (waits && !turn.entries.length && !turn.at) turn.status = "queued";
    turn.rev++;
    this.#draw();
  }

  async #follow(): Promise<void> {
    for (let back = false; !this.#end.signal.aborted; back = true) {
      if (back) await seen(this.#end.signal);
      const { signal } = (this.#round = new AbortController());
      const give = await stream();
      try {
        const how = { after: this.cursor, follow: Boolean(give), signal };
        for await (const event of server().session(this.id).events(how)) this.#take(event);
        if (give) return this.#ends(GONE);
      } catch (error) {
        if (signal.aborted) continue;
        if (error instanceof NotFound) return this.#ends(this.cursor ? GONE : "There is no such session.");
        if (!isPassing(error)) return this.#ends(error instanceof WalkawayError ? error.message : String(error));
      } finally {
        give?.();
      }
      if (!give) await sleep(LOOK);
    }
  }

  #ends(why: string): void {
    this.over.value = why;
    this.#draw();
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
      await sleep(0.03); // a whole log comes at once
      const pages = server().session(this.id).messages();
      const missing = () =>
        this.conversation.turns.some((turn) => turn.message === undefined && turn.status !== "queued");
      for (pages.cursor = this.#said; pages.cursor !== null && missing();) {
        this.#said = pages.cursor;
        for (const said of await pages.nextPage(this.#end.signal)) this.#note(said);
      }
      for (const turn of this.conversation.turns) if (turn.status !== "queued") turn.message ??= heard("");
      this.#draw();
    } catch {
      // it is asked for again with the next turn
    } finally {
      this.#asking = false;
    }
  }
  #note({ role, step, response_id: id, content }: records.Said): void {
    if (role !== "user" || step !== 0) return;
    const turn = this.conversation.turn(id);
    turn.message ??= heardIn(content);
    turn.rev++;
  }
}
