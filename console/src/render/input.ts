/** What a tool was called with, as one would say it: a command is its text, other arguments stand under their names. */

const DEEP = "(nested too deep to be written)";

/** Which argument says it all, by the tool's name. */
const TELLING = new Map([
  ["bash", "command"],
  ["read_file", "path"],
  ["fetch_url", "url"],
  ["search_files", "pattern"],
]);

/** Write the arguments of a call, in full. What is said by one of them cannot look like another. */
export function input(name: string, given: unknown): string {
  if (typeof given === "string") return plain(given);
  const values = Object.entries((given ?? {}) as Record<string, unknown>);
  const [first] = values;
  if (values.length === 1 && first && typeof first[1] === "string" && first[0] === TELLING.get(name))
    return plain(first[1]);
  return values.map(([key, value]) => argument(key, value)).join("\n");
}

/** One argument: a text of several lines stands below its name, further in. */
function argument(name: string, value: unknown): string {
  const called = /^[\w.-]+$/.test(name) ? name : plain(JSON.stringify(name));
  const text = plain(typeof value === "string" ? value : json(value, 2));
  return text.includes("\n") ? `${called}:\n  ${text.replaceAll("\n", "\n  ")}` : `${called}: ${text}`;
}

/** Write them in a line: what stands in a list of calls. */
export function inLine(name: string, given: unknown): string {
  const values = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  const telling = values[TELLING.get(name) ?? ""] ?? values["path"] ?? values["query"] ?? values["status"];
  const text = typeof telling === "string" ? telling : typeof given === "string" ? given : json(given ?? {});
  return plain(text.slice(0, 1000).replace(/\s+/g, " ")).slice(0, 200);
}

/** What turns the order of letters around, or is not seen: by it a command can look like another one. */
const UNSEEN =
  /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|\r(?!\n)/gu;

/** Write a text so that what is not seen is seen. */
export function plain(text: string): string {
  return text.replace(UNSEEN, (each) => `<U+${each.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}>`);
}

/** Write a value; what is nested deeper than a browser can say is said to be. */
function json(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, null, indent) ?? "";
  } catch {
    return DEEP;
  }
}
