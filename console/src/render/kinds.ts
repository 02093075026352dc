/** What a file is, by its first bytes and then by its name: never by what somebody says it is. */

import { swells } from "./drawing.ts";

export type Kind = "picture" | "drawing" | "pdf" | "table" | "json" | "markdown" | "text" | "bytes";

/** What a file is shown as. `type` is the blob's, which we give. */
export interface Known {
  kind: Kind;
  type: string;
}

const PICTURES = [
  ["\x89PNG", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
] as const;
const BY_NAME = new Map<string, Kind>([
  ["svg", "drawing"],
  ["csv", "table"],
  ["tsv", "table"],
  ["json", "json"],
  ["jsonl", "text"],
  ["md", "markdown"],
  ["markdown", "markdown"],
]);
/** What a name says that its bytes have to say as well. */
const CLAIMED = /^(?:pdf|png|jpe?g|gif|webp)$/;
/** Bytes of a text that are shown. */
export const TEXT = 1_000_000;

/** Say what a file is. HTML is text here: it is shown as its source. */
export function kindOf(name: string, bytes: Uint8Array): Known {
  for (const [magic, type] of PICTURES) if (begins(bytes, magic)) return { kind: "picture", type };
  if (begins(bytes, "RIFF") && letters(bytes, 8, 12) === "WEBP") return { kind: "picture", type: "image/webp" };
  if (begins(bytes, "%PDF-")) return { kind: "pdf", type: "application/pdf" };
  if (!isText(bytes)) return { kind: "bytes", type: "application/octet-stream" };
  const end = ending(name);
  const named = BY_NAME.get(end) ?? "text";
  const kind = named === "drawing" && isTooMuch(bytes) ? "text" : named;
  return { kind, type: kind === "drawing" ? "image/svg+xml" : "text/plain" };
}

/** Whether it cannot be shown in part. */
export const isWhole = ({ kind }: Known): boolean => kind === "picture" || kind === "drawing" || kind === "pdf";

/** Points of a picture, as its first bytes have them; 0 where they do not say. A small file may come to thousands of millions. */
export function points(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (bytes[0] === 0x89) return view.getUint32(16) * view.getUint32(20);
    if (bytes[0] === 0x47) return view.getUint16(6, true) * view.getUint16(8, true);
    if (bytes[0] === 0xff) return ofJpeg(view);
    const kind = letters(bytes, 12, 16);
    if (kind === "VP8X") return ((view.getUint32(23, true) >>> 8) + 1) * ((view.getUint32(26, true) >>> 8) + 1);
    const packed = view.getUint32(21, true);
    if (kind === "VP8L") return ((packed & 0x3fff) + 1) * (((packed >>> 14) & 0x3fff) + 1);
    return kind === "VP8 " ? (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff) : 0;
  } catch {
    return 0; // it is cut, and no browser draws it
  }
}

/** A JPEG says so in one of the parts before its picture, each of which says how long it is. */
function ofJpeg(view: DataView): number {
  let at = 2;
  while (!isFrame(view.getUint8(at + 1))) at += 2 + view.getUint16(at + 2);
  return view.getUint16(at + 5) * view.getUint16(at + 7);
}

const isFrame = (part: number): boolean => part >= 0xc0 && part < 0xd0 && ![0xc4, 0xc8, 0xcc].includes(part);

/** Say what a name claims that the bytes do not: `PDF` for a `paper.pdf` that is none; else nothing. */
export function claimed(name: string, kind: Kind): string {
  const end = ending(name);
  return CLAIMED.test(end) && (end === "pdf" ? end : "picture") !== kind ? end.toUpperCase() : "";
}

const ending = (name: string): string => name.toLowerCase().split(".").at(-1) ?? "";

/** Whether a drawing is too large to be looked through, or comes to more than a browser draws. */
const isTooMuch = (bytes: Uint8Array): boolean => bytes.length >= TEXT || swells(new TextDecoder().decode(bytes));

const begins = (bytes: Uint8Array, magic: string): boolean => letters(bytes, 0, magic.length) === magic;

function letters(bytes: Uint8Array, from: number, to: number): string {
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
