/** Which addresses that strangers wrote may be followed. Everything else is text. */

const OPENED = new Set(["http:", "https:", "mailto:"]);

/** What a link leads to. */
export type Target =
  { kind: "web"; href: string; host: string } | { kind: "here"; id: string } | { kind: "file"; path: string };

/** Judge the address of a link: to another site, to a place of this text, or to a file of the workspace; else null. */
export function target(written: string): Target | null {
  const said = written.trim();
  if (said.startsWith("#")) return { kind: "here", id: said.slice(1) };
  if (/^[a-z][a-z0-9+.-]*:/i.test(said)) return web(said);
  const path = filePath(said);
  return path ? { kind: "file", path } : null;
}

function web(said: string): Target | null {
  try {
    const url = new URL(said);
    if (!OPENED.has(url.protocol)) return null;
    return { kind: "web", href: url.href, host: url.protocol === "mailto:" ? url.pathname : url.host };
  } catch {
    return null;
  }
}

/** Read a path of the workspace, as it stands in a text; null for what can be none. */
export function filePath(said: string): string | null {
  let path = said.trim();
  try {
    path = decodeURIComponent(path.split(/[?#]/, 1)[0] ?? "");
  } catch {
    return null;
  }
  path = path.replace(/^\.\//, "");
  const strange = /[\0-\x1f\x7f\\]|^[a-z][a-z0-9+.-]*:/i.test(path);
  if (
    !path ||
    strange ||
    path.startsWith("/") ||
    path.split("/").some((part) => !part || part === "." || part === "..")
  )
    return null;
  return path;
}
