/** The tenant's files: they outlive sessions. Lists come from the workspace, contents through a session that may read them. */
import type { records } from "../../../clients/typescript/src/index.ts";
import { useEffect, useState } from "preact/hooks";
import { running, sessions, stirred } from "./board.ts";
import { keep, kept } from "./kept.ts";
import { server } from "./server.ts";

export type Entry = records.FileEntry;
const KEPT = "files";
const HOUR = 3600;
/** What a turn writes is told in its own log alone: while one runs, and somebody looks, folders are listed anew. */
const LOOKED_AT = 3000;

/** Grows whenever files may be other ones: a turn begins or ends, one runs, or somebody comes back to the page. */
export function useStirring(): number {
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    const look = () => document.hidden || setLooks((before) => before + 1);
    const timer = setInterval(() => running.peek().length && look(), LOOKED_AT);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return stirred.value + looks;
}

/** List a directory's own entries: folders first, each by name. */
export async function list(path: string, signal: AbortSignal): Promise<Entry[]> {
  const where = ["/v1/workspace", ...path.split("/").filter(Boolean).map(encodeURIComponent)].join("/");
  const found = await (await server().request("GET", where, { signal })).json<Entry[]>("name", "type");
  return found.sort((a, b) => Number(a.type === "file") - Number(b.type === "file") || a.name.localeCompare(b.name));
}

/** List all files below a directory, page by page. */
export async function below(path: string): Promise<Entry[]> {
  const where = ["/v1/workspace", ...path.split("/").filter(Boolean).map(encodeURIComponent)].join("/");
  const found: Entry[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const answer = await server().request("GET", where, { params: { recursive: "true", after } });
    found.push(...(await answer.json<Entry[]>("name", "type")));
    after = answer.header("x-next-cursor") || undefined;
  }
  return found;
}

/** What may be read and written: everything. */
export const ALL = { read: [""], write: [""] };

/** Find a session that may read and write everything, or make one for an hour. */
export async function reader(): Promise<string> {
  const open = ({ file_access: { read = [], write = [] } }: records.SessionRecord) =>
    read.includes("") && write.includes("");
  const known = [...sessions.value.values()].find((each) => open(each) && each.expires_at > Date.now() / 1000 + HOUR);
  if (known) return known.id;
  const before = kept<string>(KEPT);
  if (
    before &&
    (await server()
      .sessions.get(before)
      .catch(() => null))
  )
    return before;
  const made = await server().sessions.create({ file_access: ALL, ttl: HOUR });
  await made.update({ title: "Files" });
  keep(KEPT, made.id);
  return made.id;
}
