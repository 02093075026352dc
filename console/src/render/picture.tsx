/** A picture of the workspace in a text. What is none is called by its name. */
import { useFile } from "./fetched.ts";

/** A picture, or its name where there is no session to fetch it from. */
export function Picture(shown: { session: string; path: string; alt: string }) {
  return shown.session ? <Fetched {...shown} /> : <span class="dim">[{shown.alt || shown.path}]</span>;
}

/** Fetched through the API, shown from a blob: a drawing as a picture, too, in which no script runs. */
function Fetched({ session, path, alt }: { session: string; path: string; alt: string }) {
  const file = useFile(session, path);
  if (file === undefined) return <span class="dim">{alt || path} …</span>;
  if (typeof file === "string" || !file.url || file.known.kind === "pdf")
    return <span class="dim">[{alt || path}]</span>;
  return <img src={file.url} alt={alt || path} loading="lazy" />;
}
