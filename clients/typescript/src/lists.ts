/** Lists that are longer than a page: iterating goes over all of them. */
import type { Transport } from "./transport.ts";

const PAGE = 100;

/**
 * A list of the server's. `page`: the part that was read last. `cursor`: where the next one begins; null: no more.
 *
 * Nothing is read before somebody asks. Each iteration begins anew.
 */
export class Pages<T> implements AsyncIterable<T> {
  page: T[] = [];
  cursor: string | null = "";
  #transport: Transport;
  #path: string;
  #params: Record<string, string | undefined>;
  #make: (raw: any) => T;

  constructor(transport: Transport, path: string, params: Record<string, string | undefined>, make: (raw: any) => T) {
    this.#transport = transport;
    this.#path = path;
    this.#params = params;
    this.#make = make;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    this.cursor = "";
    while (this.cursor !== null) yield* await this.nextPage();
  }

  /** Read the next part; empty behind the last one. A part may be short, or empty, though more follow. */
  async nextPage(signal?: AbortSignal): Promise<T[]> {
    if (this.cursor === null) return [];
    const params = { ...this.#params, limit: PAGE, after: this.cursor };
    const answer = await this.#transport.request("GET", this.#path, { params, signal });
    this.page = (await answer.json<unknown[]>("id")).map((raw) => this.#make(raw));
    this.cursor = answer.header("x-next-cursor") || null;
    return this.page;
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
