/** The inside of a block of markdown as elements: emphasis, code, links and pictures; all else is text. */
import { type ComponentChild, h, isValidElement } from "preact";
import type { Named } from "./blocks.ts";
import { emphasised, type Piece, run } from "./emphasis.ts";
import { plain, unescaped } from "./entities.ts";
import { small } from "./lines.ts";
import { type Around, image, link } from "./links.ts";

/** A bracket that may begin a link: where it stands in the text, and among the pieces. */
interface Bracket {
  at: number;
  piece: number;
  isPicture: boolean;
}

const SPECIAL = /[\\`*_~[\]!<\n]|(?<![\w/])(?:https?:\/\/|www\.)(?=[^\s<])/gi;
/** Marks of Chinese and Japanese end one: there no space does. */
const ADDRESS = /[^\s<\u3001-\u303f\uff00-\uff65]{1,2000}/y;
/** The same where a bracket is open, which it may be in. */
const WITHIN = /[^\s<\u3001-\u303f\uff00-\uff65\]]{1,2000}/y;
const TO =
  /\([ \n]{0,9}(?:<((?:\\.|[^<>\n\\]){0,2000})>|(?!<)((?:\\.|[^\s\\()]|\((?:\\.|[^\s\\()]){0,999}\)){0,2000}))(?:[ \n]{1,9}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))?[ \n]{0,9}\)/sy;
const LABEL = /\[((?:\\.|[^[\]\\]){0,999})\]/sy;
const POINTED = /<([a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[\w.-]+)>/iy;
const TAG = /<(?:!--.{0,2000}?-->|[!?/]?[a-z][^<>]*>)/isy;

/** Make elements of a text. */
export function spans(text: string, named: Named, around: Around): ComponentChild[] {
  return new Spans(text, named, around).all();
}

/** A text that is gone through once. */
class Spans {
  #at = 0;
  #pieces: Piece[] = [];
  #brackets: Bracket[] = [];
  /** Lengths of runs of backticks that nothing ends. */
  #unended = new Set<number>();
  #text: string;
  #named: Named;
  #around: Around;

  constructor(text: string, named: Named, around: Around) {
    this.#text = text;
    this.#named = named;
    this.#around = around;
  }

  all(): ComponentChild[] {
    for (;;) {
      const found = this.#here(SPECIAL);
      this.#say(this.#text.slice(this.#at, found?.index));
      if (!found) return emphasised(this.#pieces);
      this.#at = found.index;
      this.#special(found[0]);
    }
  }

  #special(said: string): void {
    if (said === "\\") this.#escaped();
    else if (said === "`") this.#code();
    else if ("*_~".includes(said)) this.#run(said);
    else if (said === "[" || (said === "!" && this.#text[this.#at + 1] === "[")) this.#opened(said === "!");
    else if (said === "]") this.#closed();
    else if (said === "<") this.#pointed();
    else if (said === "\n") this.#line();
    else if (said.length > 1) this.#bare(said);
    else this.#take(said);
  }

  #say(text: string): void {
    if (text) this.#pieces.push(unescaped(text));
  }

  /** Go on behind a piece of the text, and put something there for it. */
  #take(raw: string, piece: Piece = raw): void {
    this.#at += raw.length;
    this.#pieces.push(piece);
  }

  /** What matches right here, or next. */
  #here(pattern: RegExp, at = this.#at): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text);
  }

  #escaped(): void {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "\n") this.#take("\\\n", h("br", null));
    else if (/[!-/:-@[-`{-~]/.test(next)) this.#take(`\\${next}`, next);
    else this.#take("\\");
  }

  #code(): void {
    const [ticks = ""] = this.#here(/`+/y) ?? [];
    const from = this.#at + ticks.length;
    const isUnended = this.#unended.has(ticks.length);
    const end = isUnended ? undefined : this.#here(RegExp(`(?<!\`)${ticks}(?!\`)`, "g"), from)?.index;
    if (end === undefined) {
      this.#unended.add(ticks.length);
      this.#take(ticks);
      return;
    }
    const inside = this.#text.slice(from, end).replaceAll("\n", " ");
    const code = /^ .*[^ ].* $/.test(inside) ? inside.slice(1, -1) : inside;
    this.#take(this.#text.slice(this.#at, end + ticks.length), h("code", null, code));
  }

  #run(mark: string): void {
    let end = this.#at;
    while (this.#text[end] === mark) end++;
    const raw = this.#text.slice(this.#at, end);
    const near = (from: number, until: number) => [...this.#text.slice(Math.max(0, from), until)];
    const isText = mark === "~" && raw.length > 2;
    this.#take(raw, isText ? raw : run(raw, near(this.#at - 2, this.#at).at(-1), near(end, end + 2)[0]));
  }

  #opened(isPicture: boolean): void {
    this.#brackets.push({ at: this.#at, piece: this.#pieces.length, isPicture });
    this.#take(isPicture ? "![" : "[");
  }

  #closed(): void {
    const bracket = this.#brackets.pop();
    const to = bracket && this.#target(bracket);
    if (!to) return this.#take("]");
    const { at, piece, isPicture } = bracket;
    const called = this.#text.slice(at + (isPicture ? 2 : 1), this.#at);
    const raw = this.#text.slice(at, to.end);
    const inside = emphasised(this.#pieces.splice(piece).slice(1));
    this.#pieces.push(
      isPicture
        ? image(to.href, plain(called), this.#around, raw)
        : link(to.href, inside.map(unlinked), called, this.#around, raw),
    );
    if (!isPicture) this.#brackets = this.#brackets.filter((each) => each.isPicture); // no link is in another one
    this.#at = to.end;
  }

  /** Where what begins with a bracket and ends here leads to, and where that is over. */
  #target({ at, isPicture }: Bracket): { href: string; end: number } | undefined {
    const next = this.#at + 1;
    const to = this.#here(TO, next);
    if (to) return { href: plain(to[1] ?? to[2] ?? ""), end: next + to[0].length };
    if (!this.#named.size) return undefined;
    const label = this.#here(LABEL, next);
    const name = label?.[1] || this.#text.slice(at + (isPicture ? 2 : 1), this.#at).slice(0, 1000);
    const href = this.#named.get(small(name));
    return href === undefined ? undefined : { href: plain(href), end: next + (label?.[0].length ?? 0) };
  }

  #pointed(): void {
    const [raw, href = ""] = this.#here(POINTED) ?? [];
    if (raw) {
      const to = /^[^:]*@/.test(href) ? `mailto:${href}` : href;
      this.#take(raw, link(to, href, href, this.#around, raw));
    } else {
      const [tag = "<"] = this.#here(TAG) ?? [];
      this.#take(tag, /^<br *\/?>$/i.test(tag) ? h("br", null) : tag); // a cell has no other lines
    }
  }

  /** The end of a line, which may be one on the page. */
  #line(): void {
    const last = this.#pieces.at(-1);
    const isHard = typeof last === "string" && last.endsWith("  ");
    if (typeof last === "string") this.#pieces[this.#pieces.length - 1] = last.trimEnd();
    this.#take("\n", isHard ? h("br", null) : "\n");
  }

  /** An address that stands in the text as it is: what ends the sentence is no part of it. */
  #bare(said: string): void {
    let [raw = ""] = this.#here(this.#brackets.length ? WITHIN : ADDRESS) ?? [];
    for (let before = ""; before !== raw;) {
      before = raw;
      raw = raw.replace(/(?:&\w+;|[?!.,:;*_~'"”])$/, "");
      if (raw.endsWith(")") && raw.split(")").length > raw.split("(").length) raw = raw.slice(0, -1);
    }
    const shown = unescaped(raw);
    const href = said.toLowerCase() === "www." ? `http://${shown}` : shown;
    this.#take(raw, link(href, shown, shown, this.#around, raw));
  }
}

/** What an address that stands in a link is called: no link is in another one. */
const unlinked = (piece: ComponentChild): ComponentChild =>
  isValidElement(piece) && piece.type === "a" ? ([piece.props.children].flat()[0] as ComponentChild) : piece;
