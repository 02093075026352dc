/** Files on their way: looked at in part, saved whole in parts, and sent where they are not too large. */
import { Refused } from "../../../clients/typescript/src/index.ts";
import { say } from "../ui/said.tsx";
import { size } from "../ui/words.ts";
import { me, server } from "./server.ts";

/** What is shown as nothing but bytes, so that no browser makes more of it. */
const BYTES = "application/octet-stream";
/** Bytes that are asked for at once: beyond 190 MB a stack leads to another origin, which this page may not ask. */
const PART = 50_000_000;
/** Seconds for a part, or for a file that is sent, on the slowest ways. */
const PATIENT = 1800;
const RANGE_INVALID = 416;

/** A part of a file. `size`: of all of it. `version`: its ETag. */
export interface Part {
  bytes: Uint8Array<ArrayBuffer>;
  size: number;
  version: string;
}

const of = (session: string, path: string): string =>
  ["/v1/sessions", session, "files", ...path.split("/").map(encodeURIComponent)].join("/");

/** Read so many bytes of a file. `version`: of no other one. Throws what the server says, and for a folder. */
export async function part(
  session: string,
  path: string,
  how: { from: number; most: number; version?: string; signal?: AbortSignal | undefined },
): Promise<Part> {
  const { from, most, version = "", signal } = how;
  const headers = { Range: `bytes=${from}-${from + most - 1}`, ...(version && { "If-Match": version }) };
  try {
    const answer = await server().request("GET", of(session, path), { headers, read: PATIENT, signal });
    const found = answer.header("etag");
    if (!found) throw new Error(`${path} is a folder.`);
    const bytes = await answer.bytes();
    return { bytes, size: Number(answer.header("content-range").split("/")[1] ?? bytes.length), version: found };
  } catch (error) {
    if (error instanceof Refused && error.status === RANGE_INVALID)
      return { bytes: new Uint8Array(), size: 0, version }; // there is no byte in an empty file
    throw error;
  }
}

/** Read all of a file: into blobs, which a browser keeps outside of the page, and on its disk where they are large. */
export async function whole(session: string, path: string, signal?: AbortSignal): Promise<Blob> {
  const parts: Blob[] = [];
  let [at, end, version] = [0, 1, ""];
  while (at < end) {
    const found = await part(session, path, { from: at, most: PART, version, signal });
    parts.push(new Blob([found.bytes]));
    at += found.bytes.length;
    ({ size: end, version } = found);
    if (end > PART && at < end) say(`${size(at)} of ${size(end)} of ${last(path)} are here.`);
  }
  return new Blob(parts, { type: BYTES });
}

/** Save a file of a session's workspace. */
export async function download(session: string, path: string): Promise<void> {
  save(await whole(session, path), last(path));
}

/** Save bytes or text under a name. */
export function save(content: BlobPart, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: BYTES }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Give those files that are not too large to be sent, and say which are. */
export function fitting(files: File[]): File[] {
  const most = me()?.limits["file_bytes"];
  const large = files.filter((file) => file.size > (most ?? Infinity));
  for (const file of large)
    say(`${file.name} has ${size(file.size)}; a file that is sent may have ${size(most ?? 0)}. It is left out.`, true);
  return files.filter((file) => !large.includes(file));
}

/** Send a file. Throws an Error where it cannot be read, as a folder cannot, which is nothing that the server does. */
export async function upload(session: string, file: File, path: string): Promise<void> {
  const readable = await file.slice(0, 1).arrayBuffer().then(Boolean, () => false);
  if (!readable) throw new Error(`${file.name} cannot be read. Is it a folder, or gone?`);
  const headers = { "Content-Type": BYTES };
  (await server().request("PUT", of(session, path), { body: file, headers, read: PATIENT })).close();
}

/** The name at the end of a path. */
export const last = (path: string): string => path.split("/").at(-1) ?? path;
