/** A file of the workspace, fetched through the API when it is shown; its blob's address goes when it is not. */
import { useEffect, useState } from "preact/hooks";
import { server } from "../state/server.ts";
import { sentence } from "../ui/said.tsx";
import { type Known, kindOf } from "./kinds.ts";

/** A file as it came. `url`: of a blob with a type that we gave. */
export interface Fetched {
  bytes: Uint8Array<ArrayBuffer>;
  known: Known;
  url: string;
}

/** Fetch a file; undefined: not there yet; a text: why it does not come. */
export function useFile(session: string, path: string): Fetched | string | undefined {
  const [found, setFound] = useState<Fetched | string | undefined>();
  useEffect(() => {
    const end = new AbortController();
    let url = "";
    setFound(undefined);
    server()
      .session(session)
      .files.read(path, end.signal)
      .then((bytes) => {
        const known = kindOf(path, bytes);
        url = URL.createObjectURL(new Blob([bytes], { type: known.type }));
        setFound({ bytes, known, url });
      })
      .catch((error: unknown) => end.signal.aborted || setFound(sentence(error)));
    return () => {
      end.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [session, path]);
  return found;
}
