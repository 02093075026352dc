/** A file of the workspace, fetched through the API when it is shown; its blob's address goes when it is not. */
import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../../clients/typescript/src/index.ts";
import { part, whole } from "../state/files.ts";
import { sentence } from "../ui/said.tsx";
import { isWhole, type Known, kindOf, points, TEXT } from "./kinds.ts";

/** Bytes of a picture or a PDF that is shown: those are fetched whole, all else from its beginning. */
export const WHOLE = 30_000_000;

/** Points of a picture that is shown: a browser holds four bytes of each. */
export const POINTS = 100_000_000;

/** A file as it came. */
export interface Fetched {
  /** Its beginning. */
  head: Uint8Array<ArrayBuffer>;
  /** Bytes of all of it. */
  size: number;
  known: Known;
  /** Of a blob with a type that we gave; empty for what is not shown whole. */
  url: string;
}

/** Fetch a file, anew for another `version`; undefined: not there yet; a text: why it does not come. */
export function useFile(session: string, path: string, version = 0): Fetched | string | undefined {
  const [found, setFound] = useState<Fetched | string | undefined>();
  useEffect(() => setFound(undefined), [session, path]);
  useEffect(() => {
    const end = new AbortController();
    let url = "";
    fetched(session, path, end.signal)
      .then((file) => {
        if (end.signal.aborted) return;
        if (file.content) url = URL.createObjectURL(file.content);
        setFound({ ...file, url });
      })
      .catch((error: unknown) => {
        const why = error instanceof NotFound ? `There is no ${path} in the workspace.` : sentence(error);
        if (!end.signal.aborted) setFound(why);
      });
    return () => {
      end.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [session, path, version]);
  return found;
}

async function fetched(session: string, path: string, signal: AbortSignal) {
  const { bytes, size } = await part(session, path, { from: 0, most: TEXT, signal });
  const known = kindOf(path, bytes);
  const file = { head: bytes, size, known, content: undefined as Blob | undefined };
  if (!isWhole(known) || size > WHOLE || (known.kind === "picture" && points(bytes) > POINTS)) return file;
  const content = size > bytes.length ? await whole(session, path, signal) : new Blob([bytes]);
  return { ...file, content: content.slice(0, size, known.type) };
}
