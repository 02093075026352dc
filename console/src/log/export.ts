/** A session as a file: its log as lines of JSON, and its conversation as markdown. */
import type { LogEvent } from "../../../clients/typescript/src/index.ts";
import type { Conversation } from "./conversation.ts";

/** The log: an event a line, with its cursor. */
export function asLines(events: LogEvent[]): string {
  return events.map(({ cursor, type, data }) => `${JSON.stringify({ id: cursor, event: type, data })}\n`).join("");
}

/** What was said and done, for people. */
export function asMarkdown(title: string, { turns }: Conversation): string {
  const parts = [`# ${title}`];
  for (const turn of turns) {
    parts.push(`## You\n\n${turn.message ?? ""}`, "## Walkaway");
    for (const entry of turn.entries) {
      if (entry.withdrawn) continue;
      if (entry.kind === "text") parts.push(entry.text);
      else if (entry.kind === "call")
        parts.push(fenced(`${entry.name} ${JSON.stringify(entry.input ?? {})}`, entry.output));
      else if (entry.kind === "note" && entry.what === "steered") parts.push(`**You:** ${entry.text}`);
    }
    if (turn.status !== "completed") parts.push(`*${turn.status}${turn.error && `: ${turn.error}`}*`);
  }
  return `${parts.join("\n\n")}\n`;
}

function fenced(called: string, output: string): string {
  const longest = Math.max(2, ...[...output.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${called}\n${output}\n${fence}`;
}
