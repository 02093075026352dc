/** The server: who asks, whether it answers, and what it said of whoever asks. */
import { isPassing, NotWalkaway, type records, Unauthorized, Walkaway } from "../../../clients/typescript/src/index.ts";
import { sleep } from "../../../clients/typescript/src/retries.ts";
import { forgetKept, keep, keepFor, kept, whenForgotten } from "./kept.ts";
import { signal } from "./signal.ts";

/** Where the API is: the folder above this page. */
export const base = new URL("..", document.baseURI).href.replace(/\/$/, "");

/** Whether one is in. `refused`: a key was given, and opens nothing. */
export type Access =
  { state: "starting"; wrong: string } | { state: "key wanted"; refused: boolean } | { state: "in"; me: records.Me };

/** The tenant whose things are known here: when it is another one, whoever knows something forgets it. */
export const tenant = signal("");
/** How one stands with the server. */
export const access = signal<Access>({ state: "starting", wrong: "" });
/** The server does not answer: when it will be asked again, in milliseconds since the epoch. */
export const gone = signal<{ next: number } | null>(null);
/** Counts how often the server came back: who follows something begins anew then, where it was. */
export const returned = signal(0);

const LONGEST = 10;
const KEY = "key";
let key = "";
let client = connect();

/** The client that all pages use. */
export const server = (): Walkaway => client;

/** Who is signed in, and what there is for them. */
export const me = (): records.Me | undefined => (access.value.state === "in" ? access.value.me : undefined);

/** Find out whether one needs a key, and whether the one that was kept opens. */
export async function start(): Promise<void> {
  key = String(kept<unknown>(KEY) ?? "");
  client = connect();
  access.value = { state: "starting", wrong: "" };
  try {
    await enter();
  } catch (error) {
    access.value = { state: "starting", wrong: error instanceof Error ? error.message : String(error) };
  }
}

/** Try a key. `stay`: keep it on this device. Throws what the server answers that is neither a yes nor a no. */
export async function signIn(given: string, stay: boolean): Promise<void> {
  key = given.trim();
  client = connect();
  await enter();
  keep(KEY, stay && access.value.state === "in" ? key : undefined);
}

/** Forget the key, and what was seen and kept with it. */
export function signOut(): void {
  key = "";
  forgetKept();
  tenant.value = "";
  keep(KEY, undefined);
  client = connect();
  access.value = { state: "key wanted", refused: false };
}

// Who signs out of this device in one tab does so in all.
whenForgotten(KEY, (was) => key && was === JSON.stringify(key) && signOut());

/** Whether a key is used, so that one can sign out. */
export const isKeyed = (): boolean => key !== "";

async function enter(): Promise<void> {
  for (;;) {
    try {
      const me = await client.me();
      if (!Array.isArray(me.models) || !me.limits) throw new NotWalkaway(`${base} answers, but not as Walkaway does.`);
      keepFor(me.tenant);
      tenant.value = me.tenant;
      access.value = { state: "in", me };
      return;
    } catch (error) {
      if (error instanceof Unauthorized) return; // `watched` has said so
      if (!isPassing(error)) throw error;
      await sleep(1);
    }
  }
}

function connect(): Walkaway {
  try {
    return new Walkaway({ url: base, key, fetch: watched, patience: Infinity, retries: 2 });
  } catch {
    key = "-"; // what no header can carry opens nothing
    return new Walkaway({ url: base, key, fetch: watched, patience: Infinity, retries: 2 });
  }
}

/** Send a request, and note what its fate says of the server. */
async function watched(...asked: Parameters<typeof fetch>): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(...asked);
  } catch (error) {
    if (error instanceof TypeError) lost();
    throw error;
  }
  if (answer.status === 401) access.value = { state: "key wanted", refused: key !== "" };
  if (isOfAnother(answer)) lost();
  else if (gone.value && answer.status !== 503) found();
  return answer;
}

/** Whether what stands before a server answers in its place: the server's own answers have an id. */
function isOfAnother({ status, headers }: Response): boolean {
  return status === 502 || status === 504 || (status === 503 && !headers.has("x-request-id"));
}

function found(): void {
  gone.value = null;
  returned.value++;
}

let trying: ReturnType<typeof setTimeout> | undefined;

function lost(pause = 1): void {
  if (gone.value && trying) return;
  gone.value = { next: Date.now() + pause * 1000 };
  clearTimeout(trying);
  trying = setTimeout(() => void tryAgain(pause), pause * 1000);
}

/** Ask whether the server is back. */
export async function tryAgain(pause = 0.5): Promise<void> {
  clearTimeout(trying);
  trying = undefined;
  await client.request("GET", "/v1/me", { repeats: 0, read: 5 }).catch(() => {});
  if (gone.value) {
    gone.value = null; // so that the next try is set from here
    lost(Math.min(LONGEST, pause * 2));
  }
}
