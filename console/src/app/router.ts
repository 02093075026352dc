/** Where one is: the page stands in the address's hash, so that the server knows of no pages. */

/** A page and what it is about: `#/sessions/sess_1/files` is `{ page: "sessions", rest: ["sess_1", "files"] }`. */
export interface Place {
  page: string;
  rest: string[];
  /** What stands behind a `?`. */
  asked: Record<string, string>;
}

/** Read a hash. What cannot be decoded stays as it is. */
export function place(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map(decoded);
  return {
    page,
    rest: rest.filter((part, index) => part || index < rest.length - 1),
    asked: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Write the hash of a page. */
export function to(page: string, rest: string[] = [], asked: Record<string, string> = {}): string {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value)).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
