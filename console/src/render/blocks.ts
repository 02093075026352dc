/** Cuts markdown into blocks, line by line, in a time that grows with the text: CommonMark, with tables and tasks as GitHub has them. */
import {
  BLANK,
  BULLET,
  CODE,
  columns,
  FENCE,
  HEADING,
  HTML,
  indent,
  isText,
  outdented,
  QUOTE,
  RULE,
  small,
  UNDERLINE,
} from "./lines.ts";

export type Block =
  | { kind: "rule" }
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph"; text: string }
  | { kind: "quote"; inside: Block[] }
  | { kind: "list"; start: number | undefined; loose: boolean; items: Item[] }
  | { kind: "table"; to: string[]; rows: string[][] }
  | { kind: "code"; text: string; language: string }
  | { kind: "html"; text: string };

/** One of a list. `done`: of what is to be done, whether it is. */
export interface Item {
  done: boolean | undefined;
  inside: Block[];
}

/** Addresses by the names that a text gives them, which are written small. */
export type Named = Map<string, string>;

/** Quotes and lists in each other; what is deeper is text. */
const DEEP = 24;
const TASK = /^\[([ xX])\]\s+(?=\S)/;
const ALIGNED = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const NAME =
  /^ {0,3}\[(?!\^)((?:\\.|[^[\]\\]){1,999})\]:[ \t]*(?:<([^<>]*)>|([^\s<]\S*))(?:[ \t]+["'(].*["')])?[ \t]*$/;
/** HTML that no blank line ends, and what does. */
const UNTIL: [begin: RegExp, end: RegExp][] = [
  [/^<!--/, /-->/],
  [/^<(?:script|pre|style)\b/i, /<\/(?:script|pre|style)>/i],
];

/** Give a text's blocks, and note what it gives names to. */
export const blocks = (text: string, named: Named): Block[] => new Lines(text.trimEnd().split(/\r\n?|\n/), named, 0).blocks;

/** Lines, and the blocks that they are. */
class Lines {
  readonly blocks: Block[] = [];
  /** Whether a blank line stands between two of them. */
  spaced = false;
  #at = 0;
  #lines: string[];
  #named: Named;
  #depth: number;

  constructor(lines: string[], named: Named, depth: number) {
    this.#lines = lines;
    this.#named = named;
    this.#depth = depth;
    for (;;) {
      this.#while((line) => BLANK.test(line));
      if (this.#at >= lines.length) return;
      if (this.blocks.length && BLANK.test(lines[this.#at - 1] ?? "")) this.spaced = true;
      this.#block(this.#line);
    }
  }

  get #line(): string {
    return this.#lines[this.#at] ?? "";
  }

  /** Go on for as long as lines fit, and give these. */
  #while(fits: (line: string) => boolean): string[] {
    const from = this.#at;
    while (this.#at < this.#lines.length && fits(this.#line)) this.#at++;
    return this.#lines.slice(from, this.#at);
  }

  #block(line: string): void {
    if (CODE.test(line)) this.#indented();
    else if (FENCE.test(line)) this.#fenced();
    else if (HEADING.test(line)) this.#heading();
    else if (RULE.test(line)) {
      this.blocks.push({ kind: "rule" });
      this.#at++;
    } else if (this.#depth < DEEP && QUOTE.test(line)) this.#quoted();
    else if (this.#depth < DEEP && BULLET.test(line)) this.#list();
    else if (HTML(line)) this.#html();
    else if (this.#isTable()) this.#table();
    else this.#paragraph();
  }

  #heading(): void {
    const [, marks = "", said = ""] = HEADING.exec(this.#line) ?? [];
    const text = said.trim().replace(/(?:^|[ \t])#+$/, "").trim();
    this.blocks.push({ kind: "heading", level: marks.length, text });
    this.#at++;
  }

  #indented(): void {
    const lines = this.#while((line) => CODE.test(line) || BLANK.test(line));
    const text = lines.map((line) => outdented(line, 4)).join("\n").trimEnd();
    this.blocks.push({ kind: "code", language: "", text });
  }

  #fenced(): void {
    const [, fence = "", language = ""] = FENCE.exec(this.#line) ?? [];
    const indent = this.#line.indexOf(fence);
    this.#at++;
    const lines = this.#while((line) => {
      const said = line.trim();
      return CODE.test(line) || !said.startsWith(fence) || said.replaceAll(fence.charAt(0), "") !== "";
    });
    this.#at++;
    const text = lines.map((line) => outdented(line, indent)).join("\n");
    this.blocks.push({ kind: "code", language: language.trim(), text });
  }

  /** What is in a block: lines that its mark stands before, and those that go on with a paragraph in it without one. */
  #inside(found: string[], unmarked: (line: string) => string | undefined): Lines {
    let isFenced = FENCE.test(found[0] ?? "");
    this.#while((line) => {
      const said = unmarked(line);
      const before = found.at(-1) ?? "";
      const isOpen = !isFenced && ![BLANK, CODE, HEADING, FENCE, RULE].some((mark) => mark.test(before));
      const goesOn = isOpen && isText(line) && ![UNDERLINE, BULLET].some((mark) => mark.test(line));
      if (said === undefined && !goesOn) return false;
      found.push(said ?? line);
      if (FENCE.test(said ?? "")) isFenced = !isFenced;
      return true;
    });
    return new Lines(found, this.#named, this.#depth + 1);
  }

  #quoted(): void {
    const { blocks } = this.#inside([], (line) => (QUOTE.test(line) ? line.replace(QUOTE, "") : undefined));
    this.blocks.push({ kind: "quote", inside: blocks });
  }

  #list(): void {
    const mark = () => (RULE.test(this.#line) ? undefined : BULLET.exec(this.#line)?.[2]);
    const first = mark() ?? "";
    const items: Item[] = [];
    let loose = false;
    do {
      loose ||= items.length > 0 && BLANK.test(this.#lines[this.#at - 1] ?? "");
      const { blocks, spaced } = this.#item();
      loose ||= spaced;
      items.push(task(blocks));
      this.#while((line) => BLANK.test(line)); // behind one in which nothing is
    } while (mark()?.at(-1) === first.at(-1));
    this.blocks.push({ kind: "list", start: first.length > 1 ? Number.parseInt(first) : undefined, loose, items });
  }

  #item(): Lines {
    const [mark = "", , , space = "", letter = ""] = BULLET.exec(this.#line) ?? [];
    const gap = columns(mark + space) - mark.length;
    const wide = mark.length + (letter && gap < 5 ? gap : 1);
    const first = outdented(this.#line.slice(mark.length), wide - mark.length);
    this.#at++;
    if (!letter && BLANK.test(this.#line)) return this.#inside([first], () => undefined); // nothing is in it
    return this.#inside([first], (line) =>
      BLANK.test(line) || columns(indent(line)) >= wide ? outdented(line, wide) : undefined,
    );
  }

  #html(): void {
    const end = UNTIL.find(([begin]) => begin.test(this.#line.trim()))?.[1];
    let isOver = false;
    const lines = this.#while((line) => {
      if (isOver || (!end && BLANK.test(line))) return false;
      isOver = end?.test(line) ?? false;
      return true;
    });
    this.blocks.push({ kind: "html", text: lines.join("\n").trimEnd() });
  }

  #isTable(): boolean {
    const [head = "", below = ""] = this.#lines.slice(this.#at, this.#at + 2);
    if (!head.includes("|") || !below.includes("|") || !ALIGNED.test(below)) return false;
    return cells(head).length === cells(below).length;
  }

  #table(): void {
    const [head = [], to = []] = this.#lines.slice(this.#at, this.#at + 2).map(cells);
    this.#at += 2;
    const rows = this.#while(isText).map(cells);
    const aligned = to.map((each) => (each.endsWith(":") ? (each.startsWith(":") ? "center" : "right") : ""));
    this.blocks.push({ kind: "table", to: aligned, rows: [head, ...rows.map((row) => head.map((_, index) => row[index] ?? ""))] });
  }

  #paragraph(): void {
    const [, name, pointed, plain = ""] = NAME.exec(this.#line) ?? [];
    const from = this.#at++;
    if (name) {
      if (!this.#named.has(small(name))) this.#named.set(small(name), pointed ?? plain);
      return;
    }
    this.#while((line) => isText(line) && !UNDERLINE.test(line) && !this.#isTable());
    const lines = this.#lines.slice(from, this.#at).map((line) => line.trimStart());
    const text = lines.join("\n").trimEnd();
    const [, under] = UNDERLINE.exec(this.#line) ?? [];
    if (under) this.#at++;
    this.blocks.push(
      under ? { kind: "heading", level: under.startsWith("=") ? 1 : 2, text } : { kind: "paragraph", text },
    );
  }
}

/** The cells of a line; a pipe in one has a backslash before it. */
function cells(line: string): string[] {
  const found = line.trim().split(/(?<!\\)\|/).map((each) => each.replaceAll("\\|", "|").trim());
  if (found.length > 1 && !found[0]) found.shift();
  if (found.length > 1 && !found.at(-1)) found.pop();
  return found;
}

/** An item; what says whether it is done is no part of its text. */
function task(inside: Block[]): Item {
  const [first] = inside;
  const [whole, mark] = (first?.kind === "paragraph" && TASK.exec(first.text)) || [];
  if (first?.kind !== "paragraph" || !whole) return { done: undefined, inside };
  return { done: mark !== " ", inside: [{ ...first, text: first.text.slice(whole.length) }, ...inside.slice(1)] };
}
