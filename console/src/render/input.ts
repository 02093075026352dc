/** What a tool was called with, as one would say it: a command is its text, other arguments stand under their names. */

const MOST = 64_000;

/** Which argument says it all, by the tool's name. */
const TELLING: Record<string, string> = {
  bash: "command",
  read_file: "path",
  fetch_url: "url",
  search_files: "pattern",
};

/** Write the arguments of a call, in full. */
export function input(name: string, given: unknown): string {
  if (typeof given === "string") return given.slice(0, MOST);
  const values = Object.entries((given ?? {}) as Record<string, unknown>);
  const [first] = values;
  const telling = TELLING[name];
  if (values.length === 1 && first && typeof first[1] === "string" && first[0] === telling)
    return first[1].slice(0, MOST);
  return values
    .map(([key, value]) => argument(key, value))
    .join("\n")
    .slice(0, MOST);
}

/** One argument: a text of several lines stands below its name. */
function argument(name: string, value: unknown): string {
  if (typeof value !== "string") return `${name}: ${JSON.stringify(value, null, 2)}`;
  return value.includes("\n") ? `${name}:\n${value}` : `${name}: ${value}`;
}

/** Write them in a line: what stands in a list of calls. */
export function inLine(name: string, given: unknown): string {
  const values = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  const telling = values[TELLING[name] ?? ""] ?? values["path"] ?? values["query"] ?? values["status"];
  const text = typeof telling === "string" ? telling : typeof given === "string" ? given : JSON.stringify(given ?? {});
  return text.replace(/\s+/g, " ").slice(0, 200);
}
