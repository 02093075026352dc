/** The server: who asks, whether it answers, and what it said of whoever asks. */
import { signal } from "@preact/signals";
import { isPassing, type records, Unauthorized, Walkaway } from "../../../clients/typescript/src/index.ts";
import { keep, kept } from "./kept.ts";

/** Where the API is: the folder above this page. */
export const base = new URL("..", document.baseURI).href.replace(/\/$/, "");

/** Whether one is in. `refused`: a key was given, and opens nothing. */
export type Access =
  { state: "starting" } | { state: "key wanted"; refused: boolean } | { state: "in"; me: records.Me };

/** How one stands with the server. */
export const access = signal<Access>({ state: "starting" });
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

/** Find out whether one needs a key, and whether the one that was kept opens. */
export async function start(): Promise<void> {
  key = kept<string>(KEY) ?? "";
  client = connect();
  await enter();
}

/** Try a key. `stay`: keep it on this device. */
export async function signIn(given: string, stay: boolean): Promise<void> {
  key = given.trim();
  client = connect();
  await enter();
  keep(KEY, stay && access.value.state === "in" ? key : undefined);
}

/** Forget the key. */
export function signOut(): void {
  key = "";
  keep(KEY, undefined);
  client = connect();
  access.value = { state: "key wanted", refused: false };
}

/** Whether a key is used, so that one can sign out. */
export const isKeyed = (): boolean => key !== "";

async function enter(): Promise<void> {
  for (;;) {
    try {
      access.value = { state: "in", me: await client.me() };
      return;
    } catch (error) {
      if (error instanceof Unauthorized) return; // `watched` has said so
      if (!isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
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
