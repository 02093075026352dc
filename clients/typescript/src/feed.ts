/** The tenant's feed: what happens to all its sessions, in the words of webhooks. */
import { ConnectionLost, FeatureMissing } from "./errors.ts";
import { sleep } from "./retries.ts";
import type { Transport } from "./transport.ts";

const WAIT = 25;
/** Ids of which none is given again: behind a cursor there may be some that one has already. */
const REMEMBERED = 100_000;

/** Something that has happened; see docs/webhooks.md for what `data` has. */
export interface FeedEvent {
  id: string;
  type: string;
  timestamp: string;
  sequence?: number;
  data: Record<string, unknown>;
}

/** What happens to all sessions and turns of a tenant, of the last 30 days, and live. */
export class Feed {
  /** Where to read on, behind all that the last loop was given and came back for more of. */
  cursor = "now";
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Read what happens: from `after` on (`""`: all that there is), else from where the last loop was left, or now. */
  async *events(how: { after?: string; follow?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<FeedEvent, void> {
    const { signal, follow = true } = how;
    const pacing = this.#transport.pacing();
    const seen = new Set<string>();
    for (let cursor = how.after ?? this.cursor; ; ) {
      let page: { events: FeedEvent[]; next: string };
      try {
        page = await this.#page(cursor, follow ? WAIT : 0, signal);
      } catch (error) {
        const pause = pacing.after(error);
        if (pause === undefined)
          throw new ConnectionLost(`The feed could not be followed: ${(error as Error).message}`, cursor);
        await sleep(pause, signal);
        continue;
      }
      pacing.connected();
      pacing.received();
      for (const event of page.events) {
        if (seen.has(event.id)) continue;
        seen.add(event.id);
        yield event;
      }
      this.cursor = cursor = page.next;
      for (const id of seen) if (seen.size > REMEMBERED) seen.delete(id);
      if (!follow && !page.events.length) return;
    }
  }

  async #page(after: string, wait: number, signal?: AbortSignal): Promise<{ events: FeedEvent[]; next: string }> {
    if (!(await this.#transport.features(signal)).has("feed"))
      throw new FeatureMissing("This server is older and has no feed; follow sessions, or use webhooks");
    const params = { after, wait: wait || undefined, format: "json" };
    const read = wait + this.#transport.options.timeout;
    return this.#transport.json("GET", "/v1/events", { params, read, repeats: 0, signal }, "next");
  }
}
