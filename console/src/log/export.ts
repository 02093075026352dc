/** A session as a file: its log as lines of JSON, and its conversation as markdown. */
import { type LogEvent, Place } from "../../../clients/typescript/src/index.ts";
import { made } from "../../../clients/typescript/src/reading.ts";
import { Conversation } from "./conversation.ts";
import { heard, written } from "./message.ts";

/** The log: an event a line, with its cursor; the first of a turn has what was said to it, which no event holds. */
export function asLines(events: LogEvent[], conversation: Conversation): string {
  const told = new Set<string>();
  const line = ({ cursor, type, data, turnId }: LogEvent) => {
    const said = turnId && !told.has(turnId) ? conversation.turn(turnId).message : undefined;
    told.add(turnId);
    return `${JSON.stringify({ id: cursor, event: type, data, ...(said && { said: written(said.text, said.files) }) })}\n`;
  };
  return events.map(line).join("");
}

/** Read what `asLines` wrote. Throws an Error that names the line which is no event. */
export function ofLines(text: string): { events: LogEvent[]; conversation: Conversation } {
  const [events, conversation, place] = [[] as LogEvent[], new Conversation(), new Place()];
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.trim()) continue;
    const { id, event: type, data, said } = record(line, index + 1);
    if (!place.takes(id)) continue;
    const event = made({ cursor: id, type, text: JSON.stringify(data) });
    events.push(event);
    try {
      conversation.take(event);
    } catch {
      throw new Error(`Line ${index + 1} is no event of a log: what it says of ${type} is of another kind.`);
    }
    if (typeof said === "string" && event.turnId) conversation.turn(event.turnId).message = heard(said);
  }
  if (!events.length) throw new Error("There is no event in this file; a session's menu saves its log as one.");
  for (const turn of conversation.turns) turn.message ??= heard("");
  return { events, conversation };
}

interface Saved {
  id: string;
  event: string;
  data: object;
  said?: unknown;
}

function record(line: string, number: number): Saved {
  try {
    const read = JSON.parse(line) as Saved;
    if (typeof read.id === "string" && typeof read.event === "string" && typeof read.data === "object" && read.data)
      return read;
  } catch {
    // said below
  }
  throw new Error(`Line ${number} is no event of a log; a session's menu saves its log as such a file.`);
}

/** What was said and done, for people. */
export function asMarkdown(title: string, { turns }: Conversation): string {
  const parts = [`# ${title}`];
  for (const turn of turns) {
    const { text, files } = turn.message ?? heard("");
    parts.push(`## You\n\n${written(text, files)}`, "## Walkaway");
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
