/** What a file is, by its first bytes and then by its name: never by what somebody says it is. */

import { swells } from "./drawing.ts";

export type Kind = "picture" | "drawing" | "pdf" | "table" | "json" | "markdown" | "text" | "bytes";

/** What a file is shown as. `type` is the blob's, which we give. */
export interface Known {
  kind: Kind;
  type: string;
}

const PICTURES: [number[], string][] = [
  [[0x89, 0x50, 0x4e, 0x47], "image/png"],
  [[0xff, 0xd8, 0xff], "image/jpeg"],
  [[0x47, 0x49, 0x46, 0x38], "image/gif"],
];
const BY_NAME: Record<string, Kind> = {
  svg: "drawing",
  csv: "table",
  tsv: "table",
  json: "json",
  jsonl: "text",
  md: "markdown",
  markdown: "markdown",
};
/** What a name says that its bytes have to say as well. */
const CLAIMED: Record<string, Kind> = {
  pdf: "pdf",
  png: "picture",
  jpg: "picture",
  jpeg: "picture",
  gif: "picture",
  webp: "picture",
};
/** Bytes of a text that are shown. */
export const TEXT = 1_000_000;

/** Say what a file is. HTML is text here: it is shown as its source. */
export function kindOf(name: string, bytes: Uint8Array): Known {
  for (const [magic, type] of PICTURES) if (begins(bytes, magic)) return { kind: "picture", type };
  if (begins(bytes, [0x52, 0x49, 0x46, 0x46]) && ascii(bytes, 8, 12) === "WEBP")
    return { kind: "picture", type: "image/webp" };
  if (ascii(bytes, 0, 5) === "%PDF-") return { kind: "pdf", type: "application/pdf" };
  if (!isText(bytes)) return { kind: "bytes", type: "application/octet-stream" };
  const end = ending(name);
  const named = (Object.hasOwn(BY_NAME, end) && BY_NAME[end]) || "text";
  const kind = named === "drawing" && isTooMuch(bytes) ? "text" : named;
  return { kind, type: kind === "drawing" ? "image/svg+xml" : "text/plain" };
}

/** Whether it cannot be shown in part. */
export const isWhole = ({ kind }: Known): boolean => kind === "picture" || kind === "drawing" || kind === "pdf";

/** Say what a name claims that the bytes do not: `PDF` for a `paper.pdf` that is none; else nothing. */
export function claimed(name: string, kind: Kind): string {
  const end = ending(name);
  return Object.hasOwn(CLAIMED, end) && CLAIMED[end] !== kind ? end.toUpperCase() : "";
}

const ending = (name: string): string => name.toLowerCase().split(".").at(-1) ?? "";

/** Whether a drawing is too large to be looked through, or comes to more than a browser draws. */
const isTooMuch = (bytes: Uint8Array): boolean => bytes.length >= TEXT || swells(new TextDecoder().decode(bytes));

function begins(bytes: Uint8Array, magic: number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Whether it is UTF-8 without control characters that no text has. */
function isText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 4096);
  if (head.includes(0)) return false;
  try {
    // the last character may be cut
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The beginning of a table. `more`: rows that are not among them; `about`: nobody has counted those. */
export interface Table {
  head: string[];
  body: string[][];
  more: number;
  about: boolean;
}

/** Read so many rows of a table that is `times` as long as this beginning of it. Only those are looked at closely. */
export function table(text: string, times: number, most: number): Table {
  const cut = times > 1;
  const full = cut ? text.slice(0, text.lastIndexOf("\n") + 1) || text : text;
  const [head = [], ...body] = rows(full, most + 1);
  if (body.length < most && !cut) return { head, body, more: 0, about: false };
  const lines = Math.round(text.trimEnd().split("\n").length * times);
  return { head, body, more: Math.max(0, lines - body.length - 1), about: cut || text.includes('"') };
}

/** Read a table of values that are separated by commas, tabs or semicolons; quotes as in RFC 4180. */
export function rows(text: string, most: number): string[][] {
  const head = text.slice(0, text.indexOf("\n") >>> 0);
  const comma = [",", "\t", ";"].reduce((best, each) =>
    head.split(each).length > head.split(best).length ? each : best,
  );
  const found: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let index = 0; index < text.length && found.length < most; index++) {
    const letter = text[index] as string;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[index + 1] === '"') cell += text[++index];
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === comma) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      found.push([...row, cell.replace(/\r$/, "")]);
      [row, cell] = [[], ""];
    } else cell += letter;
  }
  if (found.length < most && (cell || row.length)) found.push([...row, cell]);
  return found;
}
