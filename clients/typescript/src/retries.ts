/** When a request is sent again, and how long a reader waits before it comes back: the rules, without any I/O. */
import { isPassing } from "./errors.ts";

/** Seconds: of the first wait at the most, of any, and of one request with all its repeats. */
export const FIRST = 0.5;
export const LONGEST = 10;
export const ALL = 60;
/** Seconds after which a stream that ends has done its work, so that its reader comes back at once. */
const LIVED = 5;

/** Whether a request may be sent again when nobody knows what the first one did. */
export type Safe =
  /** It changes nothing, sets what it sets already, or has a key of its own. */
  | "yes"
  /** It creates something: where the server takes its Idempotency-Key. */
  | "with keys"
  | "no";

/** Whether an answer says that nothing has happened, and to come again. */
export const isLater = (status: number): boolean => [408, 429, 503].includes(status);
/** Whether an answer says that something broke, so that nobody knows what has happened. */
export const isBroken = (status: number): boolean => [500, 502, 504].includes(status);

/** Seconds to wait behind so many tries without success: half to whole of a doubling time. */
export function wait(tries: number, first: number): number {
  return Math.min(LONGEST, first * 2 ** tries) * (0.5 + Math.random() / 2);
}

/** Read Retry-After, in seconds or as a date; 0: nothing is said. Never more than a minute. */
export function retryAfter(header: string): number {
  const said = header.trim();
  const seconds = /^\d+$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Math.min(Math.max(seconds || 0, 0), ALL);
}

/** Seconds of a clock that is never set. */
export const now = (): number => performance.now() / 1000;

/** How a reader comes back: at once, or after waits that grow until an event comes; never for ever. */
export class Pacing {
  #patience: number;
  #first: number;
  #tries = 0;
  #alive = now();
  #opened = 0;

  constructor(patience: number, first: number) {
    this.#patience = patience;
    this.#first = first;
  }

  /** Note that there is a connection. */
  connected(): void {
    this.#opened = this.#alive = now();
  }

  /** Note that an event came: what fails from now on fails anew. */
  received(): void {
    this.#tries = 0;
  }

  /** The same behind an error; throws one that does not pass by itself. */
  after(error: unknown): number | undefined {
    if (!isPassing(error)) throw error;
    return this.next("retryAfter" in error ? error.retryAfter : 0);
  }

  /** Give the seconds to wait before the next try; undefined: patience is at its end. */
  next(after = 0): number | undefined {
    const lived = this.#opened ? now() - this.#opened : 0;
    if (this.#opened) {
      this.#opened = 0;
      this.#alive = now();
    }
    if (now() - this.#alive > this.#patience) return undefined;
    if (lived >= LIVED && !after) return 0;
    return Math.max(wait(this.#tries++, this.#first), after);
  }
}

/** A moment on the monotonic clock, `seconds` from now; undefined: never. */
export class Deadline {
  readonly given: number | undefined;
  #end: number;

  constructor(seconds?: number) {
    this.given = seconds;
    this.#end = seconds === undefined ? Infinity : now() + seconds;
  }

  /** Seconds until then, `most` at the most, never below 0. */
  left(most: number): number {
    return Math.max(0, Math.min(most, this.#end - now()));
  }

  /** Whether it has come. */
  get over(): boolean {
    return now() >= this.#end;
  }
}

/** Pause. Throws the signal's reason when it is aborted meanwhile. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
