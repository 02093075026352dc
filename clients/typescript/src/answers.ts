/** Answers as they come: to their end, or bit by bit; and what it means when one is no success. */
import { isObject, parsed } from "./reading.ts";
import { NotWalkaway, Refused, refused, Unreachable } from "./errors.ts";
import { retryAfter } from "./retries.ts";

/** Names of Node's errors of connections that never were. */
const NOT_SENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|ERR_INVALID_URL/;

/** An answer: to be read to its end, or bit by bit. */
export class Answer {
  #response: Response;
  #watch: Watch;

  constructor(response: Response, watch: Watch) {
    this.#response = response;
    this.#watch = watch;
  }

  get status(): number {
    return this.#response.status;
  }

  get ok(): boolean {
    return this.#response.ok;
  }

  /** One of its headers, or an empty text. */
  header(name: string): string {
    return this.#response.headers.get(name) ?? "";
  }

  /** Its bytes. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(await this.#response.arrayBuffer());
    } catch (error) {
      throw this.#watch.unreachable(error);
    } finally {
      this.#watch.end();
    }
  }

  /** Its JSON: an object, or a list of them, that have a text under each of these names. Throws NotWalkaway. */
  async json<T>(...names: string[]): Promise<T> {
    const text = new TextDecoder().decode(await this.bytes());
    const found = parsed(text);
    const every = Array.isArray(found) ? found : [found];
    if (!every.every((each) => isObject(each) && names.every((name) => typeof each[name] === "string")))
      throw this.#strange(text);
    return found as T;
  }

  /** The error that it is. */
  async refusal(): Promise<Refused | NotWalkaway> {
    const text = new TextDecoder().decode(await this.bytes());
    const found = parsed(text);
    const said: Record<string, unknown> = isObject(found) ? found : {};
    const ours = typeof said["error"] === "string" && typeof said["message"] === "string";
    if (this.status < 400 || (!ours && [404, 405, 501].includes(this.status))) return this.#strange(text);
    return refused({
      status: this.status,
      code: ours ? String(said["error"]) : "",
      message: ours ? String(said["message"]) : text.slice(0, 300) || `${this.#response.url} says nothing`,
      requestId: this.header("x-request-id"),
      retryAfter: retryAfter(this.header("retry-after")),
      turnId: String(said["response_id"] ?? ""),
    });
  }

  /** Its text as it comes. Throws Unreachable when the connection breaks, or nothing comes for so many seconds. */
  async *chunks(silence: () => number): AsyncGenerator<string, void> {
    const reader = this.#response.body?.getReader();
    const decoder = new TextDecoder();
    try {
      for (;;) {
        this.#watch.set(silence());
        const { done, value } = (await reader?.read()) ?? { done: true };
        if (done) return;
        yield decoder.decode(value, { stream: true });
      }
    } catch (error) {
      throw this.#watch.unreachable(error);
    } finally {
      this.close();
    }
  }

  /** Read no further. */
  close(): void {
    this.#watch.end();
    this.#watch.controller.abort();
  }

  #strange(text: string): NotWalkaway {
    const kind = this.header("content-type").split(";")[0] || "nothing";
    return new NotWalkaway(
      `${this.#response.url} answers (${this.status}, ${kind}: ${text.slice(0, 100)}), but not as Walkaway does. ` +
        "Is the address right?",
    );
  }
}

/** Ends a request when its time is over, or its caller says so. */
export class Watch {
  readonly controller = new AbortController();
  #url: string;
  #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #seconds = 0;

  /** `url`: whose. `outer`: the caller's. */
  constructor(url: string, outer?: AbortSignal) {
    this.#url = url;
    this.#outer = outer;
  }

  get signal(): AbortSignal {
    const { signal } = this.controller;
    return this.#outer ? AbortSignal.any([signal, this.#outer]) : signal;
  }

  /** Give it so many seconds from now. */
  set(seconds: number): void {
    this.end();
    this.#seconds = seconds;
    if (seconds < Infinity) this.#timer = setTimeout(() => this.controller.abort(), seconds * 1000);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** Say what the HTTP library found, in a sentence; what the caller has aborted is thrown as it is. */
  unreachable(error: unknown): Unreachable {
    this.#outer?.throwIfAborted();
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    const silent = this.controller.signal.aborted && `nothing came for ${Math.round(this.#seconds * 10) / 10} s`;
    const why = silent || cause?.message || cause?.code || message || error;
    if (NOT_SENT.test(`${cause?.code}${cause?.message}`))
      return new Unreachable(`${this.#url} cannot be reached: ${why}. Is it running?`);
    return new Unreachable(`${this.#url} did not answer to the end: ${why}`, true);
  }
}

