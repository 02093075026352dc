/** Sends requests, again where that is safe, and opens streams. Nothing of `fetch`'s leaves this module. */
import { Answer, Watch } from "./answers.ts";
import { isPassing, NotWalkaway, Refused, SettingInvalid, Unreachable } from "./errors.ts";
import type { Me } from "./generated.ts";
import { ALL, isBroken, isLater, now, Pacing, type Safe, sleep, wait } from "./retries.ts";

/** Where a client sends its requests, and how long it tries. Times are in seconds. */
export interface Options {
  /** Address of the server; else WALKAWAY_URL, else the one on this machine. */
  url?: string;
  /** API key; else WALKAWAY_KEY, else none. */
  key?: string;
  /** For an answer to begin. */
  timeout?: number;
  /** How often a request is repeated that failed. */
  retries?: number;
  /** How long a log is followed without any connection. */
  patience?: number;
  /** Without a sign of life, until a stream is dead. Servers give one every 2.5 seconds. */
  silence?: number;
  /** The longest wait before the first repeat. */
  firstWait?: number;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** What sends requests, instead of the global one. */
  fetch?: typeof fetch;
}

/** What a request has besides its method and path. `repeats`: instead of the client's. `read`: seconds for an answer. */
export interface Asked {
  json?: unknown;
  body?: BodyInit;
  params?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  safe?: Safe;
  repeats?: number;
  read?: number;
  signal?: AbortSignal | undefined;
}

const HERE = "http://127.0.0.1:8005";
const KEYED = "idempotent_creates";

type Environ = Record<string, string | undefined>;

/** The way to one server. */
export class Transport {
  readonly url: string;
  readonly options: Required<Pick<Options, "timeout" | "retries" | "patience" | "silence" | "firstWait">>;
  #key: string;
  #headers: Record<string, string>;
  #fetch: typeof fetch;
  #can: Pick<Me, "features"> | undefined;

  constructor(given: Options = {}) {
    const environ: Environ = (globalThis as { process?: { env: Environ } }).process?.env ?? {};
    this.url = (given.url || environ["WALKAWAY_URL"]?.trim() || HERE).replace(/\/+$/, "");
    if (!/^https?:\/\/[^/?#\s]+[^?#\s]*$/.test(this.url))
      throw new SettingInvalid(`${this.url} is no address of a server, such as ${HERE}`);
    this.#key = (given.key || environ["WALKAWAY_KEY"] || "").trim();
    if (/[^\x21-\x7e]/.test(this.#key)) throw new SettingInvalid("The key has a space, a line break or worse inside");
    const { timeout = 30, retries = 5, patience = 600, silence = 20, firstWait = 0.5 } = given;
    this.options = { timeout, retries, patience, silence, firstWait };
    this.#headers = given.headers ?? {};
    this.#fetch = given.fetch ?? ((...asked) => fetch(...asked));
  }

  /** How a reader of this server's comes back. */
  pacing(): Pacing {
    return new Pacing(this.options.patience, this.options.firstWait);
  }

  /** What the server can do besides what the first one could; asked until it has said so itself. */
  async features(signal?: AbortSignal): Promise<Set<string>> {
    this.#can ??= await this.me(signal).catch((error: unknown) => {
      if (error instanceof NotWalkaway || (error instanceof Refused && error.status === 404)) return { features: [] };
      throw error;
    });
    return new Set(this.#can.features);
  }

  /** Ask who is calling, and remember what the server can do. */
  async me(signal?: AbortSignal): Promise<Me> {
    const me = await this.json<Me>("GET", "/v1/me", { signal }, "tenant");
    this.#can = me;
    return me;
  }

  /** Send a request, and again by the rules of `retries`; give what is a success. Throws Refused, Unreachable. */
  async request(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const safe = asked.safe ?? (method === "POST" || method === "PATCH" ? "no" : "yes");
    const most = asked.repeats ?? this.options.retries;
    const begun = now();
    for (let tries = 0; ; tries++) {
      let error: Unreachable | Refused | NotWalkaway;
      let harmless: boolean;
      try {
        const answer = await this.#send(method, path, asked, asked.read ?? this.options.timeout);
        if (answer.ok || (tries && method === "DELETE" && answer.status === 404)) return answer;
        error = await answer.refusal();
        if (!isLater(answer.status) && !isBroken(answer.status)) throw error;
        harmless = isLater(answer.status);
      } catch (failure) {
        if (!(failure instanceof Unreachable)) throw failure;
        error = failure;
        harmless = !failure.sent;
      }
      const pause = Math.max(wait(tries, this.options.firstWait), error instanceof Refused ? error.retryAfter : 0);
      const late = now() - begun + pause > ALL;
      if (tries >= most || late || !(harmless || (await this.#isSafe(safe, asked.signal)))) throw error;
      await sleep(pause, asked.signal);
    }
  }

  /** Send one, and give the JSON of its answer, which has a text under each of these names. Throws NotWalkaway, too. */
  async json<T>(method: string, path: string, asked?: Asked, ...names: string[]): Promise<T> {
    return (await this.request(method, path, asked)).json<T>(...names);
  }

  /** Delete what is there. */
  async delete(path: string): Promise<void> {
    (await this.request("DELETE", path)).close();
  }

  /** Open a stream, once. Its answer may say no. */
  async stream(path: string, headers: Record<string, string>, silence: number, signal?: AbortSignal): Promise<Answer> {
    return this.#send("GET", path, { headers, signal }, silence);
  }

  async #isSafe(safe: Safe, signal: AbortSignal | undefined): Promise<boolean> {
    if (safe !== "with keys") return safe === "yes";
    try {
      return (await this.features(signal)).has(KEYED);
    } catch (error) {
      if (isPassing(error)) return false;
      throw error;
    }
  }

  async #send(method: string, path: string, asked: Asked, seconds: number): Promise<Answer> {
    if (/(^|\/)\.\.?(\/|$)/.test(path))
      throw new SettingInvalid(`Nothing is named "." or "..", and so nothing was sent to ${path}`);
    const params = Object.entries(asked.params ?? {}).filter(([, value]) => value !== undefined && value !== "");
    const query = new URLSearchParams(params.map(([name, value]) => [name, String(value)])).toString();
    const watch = new Watch(this.url, asked.signal);
    watch.set(seconds);
    try {
      const send = this.#fetch;
      const response = await send(`${this.url}${path}${query && `?${query}`}`, {
        method,
        body: asked.json === undefined ? (asked.body ?? null) : JSON.stringify(asked.json),
        headers: {
          ...this.#headers,
          ...(this.#key && { Authorization: `Bearer ${this.#key}` }),
          ...(asked.json !== undefined && { "Content-Type": "application/json" }),
          ...asked.headers,
        },
        signal: watch.signal,
      });
      return new Answer(response, watch);
    } catch (error) {
      watch.end();
      throw watch.unreachable(error);
    }
  }
}
