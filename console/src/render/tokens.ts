/** Markdown that strangers wrote, as elements that we make: of its tokens, never of its HTML. */
import { type ComponentChild, type ComponentChildren, h } from "preact";
import type { Token, Tokens } from "marked";
import { type Target, filePath, target } from "./addresses.ts";

/** What a text may do besides being read: open a file of the workspace, and show one that is a picture. */
interface Around {
  openFile?: (path: string) => void;
  picture?: (path: string, alt: string) => ComponentChild;
}

const DEEP = 24;

/** Make elements of tokens. Raw HTML is text, pictures of other sites are links, and nothing is fetched. */
export function elements(tokens: Token[], around: Around = {}): ComponentChild[] {
  return blocks(tokens, around, 0);
}

function blocks(tokens: Token[], around: Around, depth: number): ComponentChild[] {
  return depth > DEEP ? tokens.map((token) => token.raw) : tokens.map((token) => block(token, around, depth + 1));
}

function block(given: Token, around: Around, depth: number): ComponentChild {
  const token = given as Tokens.Generic;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return h("hr", null);
    case "heading":
      // below the page's own heading
      return h(`h${Math.min(Number(token["depth"]) + 1, 6)}` as "h2", null, inline(token, around, depth));
    case "paragraph":
      return h("p", null, inline(token, around, depth));
    case "text":
      return h("span", null, token.tokens ? inline(token, around, depth) : written(token));
    case "blockquote":
      return h("blockquote", null, blocks(token.tokens ?? [], around, depth));
    case "list":
      return list(token as Tokens.List, around, depth);
    case "table":
      return table(token as Tokens.Table, around, depth);
    case "code":
      return code(String(token["text"]), String(token["lang"] ?? ""));
    case "html":
      return h("p", { class: "raw" }, token.raw);
    default:
      return span(token, around, depth);
  }
}

function code(text: string, language: string): ComponentChild {
  const name = /^[\w+#.-]{1,20}/.exec(language)?.[0] ?? "";
  return h(
    "figure",
    { class: "code" },
    name && h("figcaption", null, name),
    h("pre", { tabIndex: 0 }, h("code", null, text)),
  );
}

function list(token: Tokens.List, around: Around, depth: number): ComponentChild {
  const items = token.items.map((item) =>
    h(
      "li",
      item.task ? { class: "task" } : null,
      item.task &&
        h(
          "span",
          { class: "tick", role: "img", "aria-label": item.checked ? "done" : "to do" },
          item.checked ? "☑" : "☐",
        ),
      blocks(
        item.tokens.filter((each) => each.type !== "checkbox"),
        around,
        depth,
      ),
    ),
  );
  return token.ordered ? h("ol", { start: Number(token.start) || 1 }, items) : h("ul", null, items);
}

function table(token: Tokens.Table, around: Around, depth: number): ComponentChild {
  const cell = (tag: "th" | "td", each: Tokens.TableCell, index: number) =>
    h(tag, { class: token.align[index] ? `to-${token.align[index]}` : undefined }, inline(each, around, depth));
  return h(
    "div",
    { class: "wide", tabIndex: 0, role: "group", "aria-label": "Table" },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          token.header.map((each, index) => cell("th", each, index)),
        ),
      ),
      h(
        "tbody",
        null,
        token.rows.map((row) =>
          h(
            "tr",
            null,
            row.map((each, index) => cell("td", each, index)),
          ),
        ),
      ),
    ),
  );
}

function inline(
  token: { tokens?: Token[]; raw?: string; text?: string },
  around: Around,
  depth: number,
): ComponentChild[] {
  if (!token.tokens || depth > DEEP) return [token.text ?? token.raw ?? ""];
  return token.tokens.map((each) => span(each as Tokens.Generic, around, depth + 1));
}

function span(token: Tokens.Generic, around: Around, depth: number): ComponentChild {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return h(token.type, null, inline(token, around, depth));
    case "codespan":
      return h("code", null, String(token["text"]));
    case "br":
      return h("br", null);
    case "link":
      return link(String(token["href"]), inline(token, around, depth), String(token["text"]), around, token.raw);
    case "image":
      return image(String(token["href"]), String(token["text"] ?? ""), around, token.raw);
    case "text":
      return token.tokens ? inline(token, around, depth) : written(token);
    case "escape":
      return String(token["text"]);
    default:
      return token.raw; // raw HTML, and what a later version brings
  }
}

/** A link: where it leads is shown beside what it is called, unless that is the same. */
export function link(
  href: string,
  children: ComponentChildren,
  called: string,
  around: Around,
  raw: string,
): ComponentChild {
  const to = target(href);
  if (!to) return raw;
  if (to.kind === "here") return h("span", { class: "nowhere" }, children);
  if (to.kind === "file") {
    const open = around.openFile;
    return open
      ? h("button", { type: "button", class: "link", onClick: () => open(to.path) }, children)
      : h("span", null, children);
  }
  return h(
    "a",
    { href: to.href, target: "_blank", rel: "noopener noreferrer" },
    children,
    !named(to, called) && h("span", { class: "host" }, ` (${to.host})`),
  );
}

/** Whether a link is called what it leads to. */
function named(to: Target & { kind: "web" }, called: string): boolean {
  const said = called.trim();
  return said === to.href || `${said}/` === to.href || said === to.host || to.href === `mailto:${said}`;
}

/** A picture: of the workspace it is fetched through the API; of another site it is a link, and never fetched. */
function image(href: string, alt: string, around: Around, raw: string): ComponentChild {
  const path = filePath(href);
  if (path) return around.picture ? around.picture(path, alt) : h("span", null, alt || path);
  const to = target(href);
  if (to?.kind !== "web") return raw;
  return link(href, ["picture: ", alt || to.host], alt, around, raw);
}

/** The characters that a token stands for. marked leaves entities as they were written. */
function written(token: Tokens.Generic): string {
  return unescaped(String(token["text"] ?? token.raw));
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
