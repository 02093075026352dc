/** What was said to a turn: a text, and behind it a line for each file that goes with it, so that whoever answers knows where it is. */

export interface Message {
  text: string;
  /** Paths in the workspace, or what documents are called that came in another way. */
  files: string[];
  /** How many pictures came with their bytes alone: nobody knows where those are. */
  nameless: number;
}

const LINE = "There is a file for you: ";
const PICTURE = /\.(jpe?g|png|gif|webp)$/i;

/** Write it as one text. */
export const written = (text: string, files: string[]): string =>
  [text, ...files.map((path) => LINE + path)].filter(Boolean).join("\n\n");

/** Read a text that `written` wrote, or any other one. */
export function heard(said: string): Message {
  const lines = said.trim().split("\n\n");
  const end = lines.findLastIndex((line) => !line.startsWith(LINE) || line.includes("\n")) + 1;
  const files = lines.slice(end).map((line) => line.slice(LINE.length));
  return { text: lines.slice(0, end).join("\n\n"), files, nameless: 0 };
}

/** Read the blocks of a message, in the shape of the Messages API. */
export function heardIn(content: Record<string, unknown>[]): Message {
  const of = (type: string) => content.filter((block) => block["type"] === type);
  const { text, files } = heard(of("text").map((block) => String(block["text"])).join("\n"));
  const titles = of("document").map((block) => String(block["title"] ?? "a document"));
  const pictures = of("image").length - files.filter((path) => PICTURE.test(path)).length;
  return { text, files: [...new Set([...titles, ...files])], nameless: Math.max(0, pictures) };
}
