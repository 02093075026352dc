/** Reads a log to its end over as many connections as it takes: one loop, nothing lost, nothing twice. */
import { ConnectionLost, isPassing, NotWalkaway } from "./errors.ts";
import type { LogEvent } from "./generated.ts";
import { Decoder, type Line, made, Place } from "./reading.ts";
import { Deadline, Pacing, sleep } from "./retries.ts";
import type { Transport } from "./transport.ts";

const PAGE = 1000;
const ENDS = ["message.completed", "message.cancelled", "message.error"];

/** Whether an event is the last one of its turn. */
export const isAtEnd = (event: { type: string }): boolean => ENDS.includes(event.type);

/** What a reader asks for. `turn`: id of the one whose log it is; none: of a whole session's. */
export interface Followed {
  turn?: string;
  signal?: AbortSignal | undefined;
  deadline?: Deadline;
  /** Awaited before it comes back to a turn that may wait; it is given what to call when the server has answered. */
  between?: (reached: () => void) => Promise<void>;
  /** Throws what ends the reading; asked at each sign of life. */
  check?: () => void;
}

/** A part of a log. */
interface Page {
  events?: { id: unknown; event: string; data: unknown }[];
  done?: boolean;
}

/** One reader of one log. `place` is where it is; what it has given is never given again. */
export class Follower {
  readonly place: Place;
  #transport: Transport;
  #path: string;
  #asked: Followed;
  #pacing: Pacing;
  #connected = false;
  #over = false;
  #last = "";

  constructor(transport: Transport, path: string, place: Place, asked: Followed) {
    this.#transport = transport;
    this.#path = path;
    this.place = place;
    this.#asked = asked;
    this.#pacing = transport.pacing();
  }

  /**
   * Give event after event, to the terminal one; of a session, until it is gone.
   *
   * Comes back from wherever it was when a connection ends, breaks, or is silent. Throws what is no matter of
   * connections (401, 403, 404, 400), ConnectionLost when patience is at its end, and LogBroken.
   */
  async *events(): AsyncGenerator<LogEvent, void> {
    const { deadline = new Deadline(), signal, between, check } = this.#asked;
    for (let back = false; !(deadline.over || this.#over); back = true) {
      let after = 0;
      let why = "the stream ended before the log did";
      try {
        if (back && between && ["", "tool_call.requested"].includes(this.#last))
          await between(() => this.#pacing.connected());
        yield* this.#once(deadline);
      } catch (error) {
        if (!isPassing(error)) throw error;
        after = "retryAfter" in error ? error.retryAfter : 0;
        why = error.message;
      }
      check?.();
      if (deadline.over || this.#over) return;
      const pause = this.#pacing.next(after);
      const { cursor } = this.place;
      if (pause === undefined)
        throw new ConnectionLost(
          `The log could not be followed for ${this.#transport.options.patience} s: ${why}. ` +
            `Nothing is lost: read on from "${cursor}"`,
          cursor,
        );
      await sleep(deadline.left(pause), signal);
    }
  }

  /** Give what is there, and wait for nothing. */
  async *present(): AsyncGenerator<LogEvent, void> {
    for (;;) {
      const params = { after: this.place.cursor, limit: PAGE, format: "json" };
      const { events = [], done } = await this.#transport.json<Page>("GET", this.#path, { params, signal: this.#asked.signal });
      for (const said of events) {
        const event = this.#taken({ cursor: String(said.id), type: said.event, text: JSON.stringify(said.data) });
        if (event) yield event;
      }
      if (done || events.length < PAGE) return;
    }
  }

  /** Give what one connection gives. */
  async *#once(deadline: Deadline): AsyncGenerator<LogEvent, void> {
    const { signal, turn, check } = this.#asked;
    const headers: Record<string, string> = { Accept: "text/event-stream", "Cache-Control": "no-store" };
    if (this.place.cursor) headers["Last-Event-ID"] = this.place.cursor;
    const silence = () => deadline.left(this.#transport.options.silence);
    const stream = await this.#transport.stream(this.#path, headers, silence(), signal);
    try {
      // A session's log ends with the session.
      if (stream.status === 204 || (stream.status === 404 && !turn && this.#connected)) {
        this.#over = true;
        return;
      }
      if (!stream.ok) throw await stream.refusal();
      if (!stream.header("content-type").startsWith("text/event-stream"))
        throw new NotWalkaway(`${this.#transport.url} answers, but not with events. Is the address right?`);
      this.#pacing.connected();
      this.#connected = true;
      const decoder = new Decoder();
      for await (const chunk of stream.chunks(silence)) {
        for (const line of decoder.feed(chunk)) {
          const event = this.#taken(line);
          if (!event) continue;
          this.#pacing.received();
          this.#over = isAtEnd(event) && Boolean(turn);
          yield event;
          if (this.#over) return;
        }
        check?.();
        if (deadline.over) return;
      }
    } finally {
      stream.close();
    }
  }

  #taken(line: Line): LogEvent | undefined {
    if (!line.cursor || !this.place.takes(line.cursor)) return undefined;
    this.#last = line.type;
    return made(line, this.#asked.turn);
  }
}
