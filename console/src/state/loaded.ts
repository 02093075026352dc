/** What a page shows of the server: asked for when it opens, when the server comes back, and when somebody says so. */
import { useEffect, useState } from "preact/hooks";
import { sentence } from "../ui/said.tsx";
import { returned } from "./server.ts";

/** `value`: undefined until it is there. `error`: a sentence. `again`: ask anew; what is shown stays meanwhile. */
export interface Loaded<T> {
  value: T | undefined;
  error: string;
  again: () => void;
}

/** Load something, anew whenever one of `watched` is another; what is shown stays until the new one is there. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, watched: unknown[]): Loaded<T> {
  const [value, setValue] = useState<T | undefined>();
  const [error, setError] = useState("");
  const [count, setCount] = useState(0);
  useEffect(() => {
    const end = new AbortController();
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
