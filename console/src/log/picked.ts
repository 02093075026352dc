/** Picks events of a log by their name and by a text, as they come: each is looked at once. */
import type { LogEvent } from "../../../clients/typescript/src/index.ts";

/** What was picked. An empty name, or an empty text, picks all. */
export class Picked {
  readonly found: LogEvent[] = [];
  /** The names that occur, picked or not. */
  readonly names = new Set<string>();
  #name: string;
  #text: string;
  #looked = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text.trim().toLowerCase();
  }

  /** Look at what has come since; `events` is the same list each time, with more behind. */
  of(events: LogEvent[]): this {
    for (; this.#looked < events.length; this.#looked++) {
      const event = events[this.#looked] as LogEvent;
      this.names.add(event.type);
      if (this.#name && event.type !== this.#name) continue;
      if (!this.#text || JSON.stringify(event.data).toLowerCase().includes(this.#text)) this.found.push(event);
    }
    return this;
  }
}
