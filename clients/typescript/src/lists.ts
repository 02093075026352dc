/** Lists that are longer than a page: iterating goes over all of them. */
import { NotWalkaway } from "./errors.ts";
import type { Transport } from "./transport.ts";

type Params = Record<string, string | boolean | undefined>;
const PAGE = 100;
/** Empty pages in a row at which a list ends: a filter may pass over hundreds, and few more. */
const IDLE = 1000;

/**
 * A list of the server's. `page`: the part that was read last. `cursor`: where the next one begins; null: no more.
 *
 * Nothing is read before somebody asks. Each iteration begins anew. A server whose list has no end is NotWalkaway.
 */
export class Pages<T> implements AsyncIterable<T> {
  page: T[] = [];
  cursor: string | null = "";
  /** Places and pages that there were, and how many were empty in a row. */
  #been = new Set<string>();
  #idle = 0;
  #transport: Transport;
  #path: string;
  #params: Params;
  #make: (raw: any) => T;

  constructor(transport: Transport, path: string, params: Params = {}, make: (raw: any) => T = (raw) => raw) {
    this.#transport = transport;
    this.#path = path;
    this.#params = params;
    this.#make = make;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    this.cursor = "";
    this.#been.clear();
    this.#idle = 0;
    while (this.cursor !== null) yield* await this.nextPage();
  }

  /** Read the next part; empty behind the last one. A part may be short, or empty, though more follow. */
  async nextPage(signal?: AbortSignal): Promise<T[]> {
    if (this.cursor === null) return [];
    const params = { ...this.#params, limit: PAGE, after: this.cursor };
    const answer = await this.#transport.request("GET", this.#path, { params, signal });
    const found = await answer.json<{ id: string }[]>("id");
    this.cursor = answer.header("x-next-cursor") || null;
    if (this.cursor !== null) this.#leads(this.cursor, found);
    this.page = found.map((raw) => this.#make(raw));
    return this.page;
  }

  /** Throw NotWalkaway where a place comes again, or a whole page, or where too many in a row are empty. */
  #leads(place: string, found: { id: string }[]): void {
    const whole = found.map(({ id }) => id).join() || place;
    this.#idle = found.length ? 0 : this.#idle + 1;
    if (this.#been.has(place) || this.#been.has(whole) || this.#idle >= IDLE)
      throw new NotWalkaway(
        `${this.#transport.url} answers with a list that has no end. Is the address right?`,
      );
    this.#been.add(place).add(whole);
  }

  /** Give the first so many. */
  async first(count: number): Promise<T[]> {
    const found: T[] = [];
    if (count > 0)
      for await (const each of this) {
        found.push(each);
        if (found.length >= count) break;
      }
    return found;
  }
}
