/** Markdown that strangers wrote, as elements that we make: HTML is text, and nothing is fetched. */
import { type ComponentChild, h } from "preact";
import { type Block, blocks, type Item, type Named } from "./blocks.ts";
import type { Around } from "./links.ts";
import { spans } from "./spans.ts";

/** Make elements of a text. */
export function elements(text: string, around: Around = {}): ComponentChild[] {
  const named: Named = new Map();
  const inline = (said: string) => spans(said, named, around);
  return drawn(blocks(text, named), inline);
}

type Inline = (text: string) => ComponentChild[];

const drawn = (list: Block[], inline: Inline, tight = false): ComponentChild[] =>
  list.map((each) => block(each, inline, tight));

function block(given: Block, inline: Inline, tight: boolean): ComponentChild {
  switch (given.kind) {
    case "rule":
      return h("hr", null);
    case "heading":
      // below the page's own heading
      return h(`h${Math.min(given.level + 1, 6)}` as "h2", null, inline(given.text));
    case "paragraph":
      return h(tight ? "span" : "p", null, inline(given.text));
    case "quote":
      return h("blockquote", null, drawn(given.inside, inline));
    case "list": {
      const items = given.items.map((each) => item(each, inline, !given.loose));
      return given.start === undefined ? h("ul", null, items) : h("ol", { start: given.start }, items);
    }
    case "table":
      return table(given.rows, given.to, inline);
    case "code":
      return code(given.text, given.language);
    case "html":
      return h("p", { class: "raw" }, given.text);
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

function item({ done, inside }: Item, inline: Inline, tight: boolean): ComponentChild {
  const shown = drawn(inside, inline, tight);
  if (done === undefined) return h("li", null, shown);
  const tick = { class: "tick", role: "img", "aria-label": done ? "done" : "to do" } as const;
  return h("li", { class: "task" }, h("span", tick, done ? "☑" : "☐"), shown);
}

function table([head = [], ...rows]: string[][], to: string[], inline: Inline): ComponentChild {
  const line = (tag: "th" | "td", cells: string[]) => {
    const made = cells.map((each, index) => h(tag, { class: to[index] ? `to-${to[index]}` : undefined }, inline(each)));
    return h("tr", null, made);
  };
  const body = rows.map((row) => line("td", row));
  const whole = h("table", null, h("thead", null, line("th", head)), h("tbody", null, body));
  return h("div", { class: "wide", tabIndex: 0, role: "group", "aria-label": "Table" }, whole);
}
