/** A picture of the workspace in a text. What is none is called by its name. */
import { useFile } from "./fetched.ts";

/** Fetched through the API, shown from a blob: a drawing as a picture, too, in which no script runs. */
export function Picture({ session, path, alt }: { session: string; path: string; alt: string }) {
  const file = useFile(session, path);
  if (file === undefined) return <span class="dim">{alt || path} …</span>;
  if (typeof file === "string" || !["picture", "drawing"].includes(file.known.kind))
    return <span class="dim">[{alt || path}]</span>;
  return <img src={file.url} alt={alt || path} loading="lazy" />;
}
