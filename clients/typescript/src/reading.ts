/** Reading a log, without any I/O: text to events, the places of a log, and the text that a turn has said so far. */
import { LogBroken } from "./errors.ts";
import type { LogEvent } from "./generated.ts";

/** An event as it came. */
export interface Line {
  cursor: string;
  type: string;
  text: string;
}

/** Decodes Server-Sent Events (HTML standard, 9.2.6) from text that may be cut anywhere. */
export class Decoder {
  #rest = "";

  /** Take what has come, and give the events that are complete. */
  feed(text: string): Line[] {
    const come = this.#rest + text;
    // What may be the first half of a line's end waits for the other.
    const half = come.endsWith("\r") ? "\r" : "";
    const blocks = come.slice(0, come.length - half.length).replace(/\r\n?/g, "\n").split("\n\n");
    this.#rest = (blocks.pop() ?? "") + half;
    return blocks.flatMap(lineOf);
  }
}

function lineOf(block: string): Line[] {
  const line = { cursor: "", type: "" };
  const data: string[] = [];
  for (const row of block.split("\n")) {
    const colon = row.indexOf(":");
    const name = colon < 0 ? row : row.slice(0, colon);
    const value = colon < 0 ? "" : row.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "id") line.cursor = value;
    else if (name === "event") line.type = value;
  }
  return data.length ? [{ ...line, text: data.join("\n") }] : [];
}

/** Make an event of a line. What is no object is told as `unreadable`; a newer server's events flow on. */
export function made(line: Line, turnId = ""): LogEvent {
  const data = parsed(line.text);
  const [log, number] = split(line.cursor);
  return {
    type: line.type,
    cursor: line.cursor,
    number,
    turnId: log.startsWith("msg_") ? log : turnId,
    data: isObject(data) ? data : { unreadable: line.text },
  } as LogEvent;
}

/**
 * Where a reader is: numbers only grow, by one each. What it has already is dropped; a gap is never silent.
 *
 * Cursors are numbers, or `msg_…:41` and `sess_…:3` where several logs are read as one.
 */
export class Place {
  cursor: string;
  #last = new Map<string, number>();

  constructor(cursor = "") {
    this.cursor = cursor;
    if (cursor) this.#last.set(...split(cursor));
  }

  /** Whether an event is the next one; it is read then. Throws LogBroken where one before it is missing. */
  takes(cursor: string): boolean {
    const [log, number] = split(cursor);
    // What is between turns is counted over the session's whole life.
    const last = this.#last.get(log) ?? (log && !log.startsWith("msg_") ? number - 1 : -1);
    if (number <= last) return false;
    if (number !== last + 1)
      throw new LogBroken(`Event ${cursor} came behind ${last}: ${number - last - 1} are missing. Please report this`);
    this.#last.set(log, number);
    this.cursor = cursor;
    return true;
  }
}

function split(cursor: string): [log: string, number: number] {
  const colon = cursor.lastIndexOf(":");
  const number = cursor.slice(colon + 1);
  if (!/^\d+$/.test(number)) throw new LogBroken(`${cursor.slice(0, 100)} is no place in a log`);
  return [cursor.slice(0, Math.max(colon, 0)), Number(number)];
}

/** The text of a turn's last step so far. What an attempt wrote that failed is withdrawn. */
export class Accumulator {
  text = "";

  /** Take the next event. */
  take(event: LogEvent): void {
    if (event.type === "text.delta") this.text += event.data.content;
    else if (event.type === "step.started") this.text = "";
  }
}

/** Read JSON; undefined for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether it is an object of JSON, and no list. */
export function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}
