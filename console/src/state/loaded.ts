/** What a page shows of the server: asked for when it opens, when the server comes back, and when somebody says so. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sentence } from "../ui/said.tsx";
import { returned } from "./server.ts";

/** `value`: undefined until it is there. `error`: a sentence. `again`: ask anew; what is shown stays meanwhile. */
export interface Loaded<T> {
  value: T | undefined;
  error: string;
  again: () => void;
}

/** Load something, anew whenever one of `watched` is another. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, watched: unknown[]): Loaded<T> {
  const [value, setValue] = useState<T | undefined>();
  const [error, setError] = useState("");
  const [count, setCount] = useState(0);
  const shown = useRef(JSON.stringify(watched));
  useEffect(() => {
    const end = new AbortController();
    const now = JSON.stringify(watched);
    if (shown.current !== now) setValue(undefined);
    shown.current = now;
    load(end.signal).then(
      (found) => {
        if (end.signal.aborted) return;
        setValue(found);
        setError("");
      },
      (wrong: unknown) => end.signal.aborted || setError(sentence(wrong)),
    );
    return () => end.abort();
  }, [...watched, count, returned.value]);
  return { value, error, again: () => setCount((before) => before + 1) };
}
