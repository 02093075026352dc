/** What needs no browser: places, words, visits, kinds of files, and what tokens become. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VNode } from "preact";
import { place, to } from "../src/app/router.ts";
import { filePath, target } from "../src/render/addresses.ts";
import { inLine, input } from "../src/render/input.ts";
import { claimed, kindOf, points, rows, table } from "../src/render/kinds.ts";
import { swells } from "../src/render/drawing.ts";
import { elements } from "../src/render/elements.ts";
import { foldsOf } from "../src/log/folds.ts";
import { heard, heardIn, written } from "../src/log/message.ts";
import { elsewhere } from "../src/pages/session/elsewhere.ts";
import { differences, lines } from "../src/pages/agents/differ.ts";
import { daysOf } from "../src/pages/schedules/days.ts";
import { days, inHours, read, write } from "../src/pages/schedules/written.ts";
import { AWAY, visit } from "../src/state/visits.ts";
import { count, left, money, size, span, when } from "../src/ui/words.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("places are read as they are written", () => {
  assert.deepEqual(place(""), { page: "", rest: [], asked: {} });
  assert.deepEqual(place("#/s/sess_1?side=files&file=a%2Fb.md"), {
    page: "s",
    rest: ["sess_1"],
    asked: { side: "files", file: "a/b.md" },
  });
  assert.deepEqual(place("#/%E0%A4%A"), { page: "%E0%A4%A", rest: [], asked: {} });
  for (const rest of [[], ["a/b", "ü ?#&"], ["%"]]) {
    const found = place(to("files", rest, { q: "a&b=c d" }));
    assert.deepEqual(found, { page: "files", rest, asked: { q: "a&b=c d" } });
  }
});

test("words are few", () => {
  assert.deepEqual([0.0401, 8, 9.94, 59, 72, 7500, 90_000, 86_400 * 30].map(span), [
    "40 ms",
    "8 s",
    "9.9 s",
    "59 s",
    "1:12",
    "2 h 5 min",
    "1 d 1 h",
    "30 d",
  ]);
  assert.deepEqual([0, 30, 600, 86_400, 700_000].map(left), [
    "time is over",
    "30 s left",
    "10 min left",
    "24 h left",
    "8 d left",
  ]);
  assert.deepEqual([412, 41_300, 999_600, 1_234_567, 2e9].map(size), ["412 B", "41 KB", "1.0 MB", "1.2 MB", "2.0 GB"]);
  assert.deepEqual([0, 0.0004, 0.041, 12.3].map(money), ["$0.00", "$0.0004", "$0.04", "$12.30"]);
  assert.deepEqual([812, 18_240, 1_400_000].map(count), ["812", "18.2k", "1.4M"]);
  const now = new Date(2026, 10, 29, 12).getTime() / 1000;
  assert.equal(when(now - 10, now), "just now");
  assert.equal(when(now - 300, now), "5 min ago");
  assert.match(when(now - 7200, now), /^today /);
  assert.match(when(now - 86_400, now), /^yesterday /);
  assert.match(when(now + 86_400, now), /^tomorrow /);
});

test("a time and days are written as cron, and read of it", () => {
  const said = (cron: string) => ({ time: read(cron).time, days: [...read(cron).days].sort() });
  assert.deepEqual(said("0 8 * * 1-5"), { time: "08:00", days: [1, 2, 3, 4, 5] });
  assert.deepEqual(said("5 23 * * *"), { time: "23:05", days: [0, 1, 2, 3, 4, 5, 6] });
  for (const other of ["61 8 * * *", "0 24 * * *", "0 8 1 * *", "*/5 * * * *", "@daily", "0 8 * * MON", ""])
    assert.deepEqual(said(other), { time: "", days: [] });
  for (const cron of ["0 8 * * 1-5", "30 18 * * 0,6", "0 0 * * *", "15 7 * * 1-5,6"])
    assert.equal(write(read(cron)), cron);
  assert.equal(write({ time: "", days: new Set([2]) }), "0 8 * * 2");
  assert.deepEqual(["720h", "1h30m", "36h", "90m", "0h"].map(days), [30, 0.0625, 1.5, 0.0625, 0]);
  assert.deepEqual([30, 0.0625, 1.5, 0].map(inHours), ["720h", "90m", "36h", "0h"]);
});

test("thirty days say what became of the times of each", () => {
  const now = new Date(2026, 10, 20, 12);
  const at = (day: number) => new Date(2026, 10, day, 9).getTime() / 1000;
  const firing = (day: number, outcome: string, more = {}) =>
    ({ scheduled_at: at(day), outcome, count: 1, pruned: null, turn_status: null, ...more }) as never;
  const list = [
    firing(20, "started", { turn_status: "failed" }),
    firing(20, "started", { turn_status: "completed" }),
    firing(19, "skipped"),
    firing(18, "missed", { count: 40 }),
    firing(17, "started", { pruned: { status: "in_progress", deleted: 2 } }),
    firing(1, "queued"),
  ];
  const found = daysOf(list, [at(21), at(21), at(22)], true, now);
  const on = (day: number) => found.find(({ date }) => date.getMonth() === 10 && date.getDate() === day);
  assert.equal(found.length, 30);
  assert.deepEqual([found[0]?.date.getDate(), found[29]?.date.getDate()], [29, 27]);
  assert.deepEqual(Object.fromEntries(on(20)?.counts ?? []), { failed: 1, fired: 1 });
  assert.deepEqual([19, 18, 17, 1, 2].map((day) => [...(on(day)?.counts ?? [])].flat()), [
    ["skipped", 1],
    ["missed", 40],
    ["at work", 1],
    ["waiting", 1],
    [],
  ]);
  assert.deepEqual([...(on(21)?.counts ?? [])], [["to come", 2]]);
  assert.deepEqual([21, 22, 23].map((day) => on(day)?.more), [false, true, true]);
});

test("a visit goes on through a reload, and a new one begins behind a pause", () => {
  const first = visit(undefined, 1000);
  assert.equal(first.since, null);
  const kept = { ...first, cursor: "c1" };
  assert.deepEqual(visit(kept, 1000 + AWAY - 1), { since: null, from: "", seen: 1000 + AWAY - 1, cursor: "c1" });
  assert.deepEqual(visit(kept, 1000 + AWAY), { since: 1000, from: "c1", seen: 1000 + AWAY, cursor: "c1" });
});

test("links lead to the web, to a place here, or to a file, and nowhere else", () => {
  assert.deepEqual(target("https://example.com/a?b#c"), {
    kind: "web",
    href: "https://example.com/a?b#c",
    host: "example.com",
  });
  assert.deepEqual(target("http://good.com@evil.com"), {
    kind: "web",
    href: "http://good.com@evil.com/",
    host: "evil.com",
  });
  assert.deepEqual(target("mailto:a@b.c"), { kind: "web", href: "mailto:a@b.c", host: "a@b.c" });
  assert.deepEqual(target("#part"), { kind: "here", id: "part" });
  assert.deepEqual(target("./a%20b/c.md#x"), { kind: "file", path: "a b/c.md" });
  for (const bad of [
    "javascript:alert(1)",
    " JAVASCRIPT:1",
    "java\tscript:1",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:x",
    "//evil.com/x",
    "/etc/passwd",
    "../up",
    "a/../../b",
    "\\\\evil\\x",
    "%2e%2e/x",
    "",
    "a//b",
    "http://",
    "javascript%3Aalert(1)",
  ])
    assert.equal(target(bad), null, bad);
  assert.equal(filePath("%E0%A4%A"), null);
});

/** All elements of a tree, and its text. */
function walk(node: unknown, tags: string[] = [], text: string[] = []): { tags: string[]; text: string } {
  if (Array.isArray(node)) for (const each of node) walk(each, tags, text);
  else if (typeof node === "string" || typeof node === "number") text.push(String(node));
  else if (node && typeof node === "object") {
    const { type, props } = node as VNode<Record<string, unknown>>;
    tags.push(
      `${type}${Object.keys(props)
        .filter((name) => name !== "children" && props[name] !== undefined)
        .sort()
        .map((name) => ` ${name}`)
        .join("")}`,
    );
    walk(props["children"], tags, text);
  }
  return { tags, text: text.join("") };
}

const drawn = (text: string) => walk(elements(text));

test("markdown becomes elements of ours, and HTML becomes text", () => {
  assert.equal(drawn("**a** &amp; `x &lt;` &#65;").text, "a & x &lt; A");
  const hostile =
    "<script>alert(1)</script>\n\n<img src=x onerror=1> text <b onclick=1>b</b>\n\n[x](javascript:alert(1)) ![p](https://evil.com/p.png?d=1) ![q](data:image/png;base64,AA)";
  const { tags, text } = drawn(hostile);
  assert.ok(
    text.includes("<script>alert(1)</script>") &&
      text.includes("<img src=x onerror=1>") &&
      text.includes("[x](javascript:alert(1))"),
  );
  assert.deepEqual(
    tags.filter((tag) => /^(script|img|b)\b/.test(tag)),
    [],
  );
  assert.deepEqual(
    tags.filter((tag) => tag.startsWith("a")),
    ["a href rel target"],
  );
  assert.deepEqual(
    drawn("# A\n\n- [x] b\n\n| c |\n|:-:|\n| d |\n\n```py\ne\n```").tags.map((tag) => tag.split(" ")[0]),
    [
      "h2",
      "ul",
      "li",
      "span",
      "span",
      "div",
      "table",
      "thead",
      "tr",
      "th",
      "tbody",
      "tr",
      "td",
      "figure",
      "figcaption",
      "pre",
      "code",
    ],
  );
});

test("what is nested without end is drawn all the same", () => {
  assert.ok(drawn(`${"> ".repeat(200)}deep`).text.includes("deep"));
  assert.ok(drawn(`${"*".repeat(2000)}a`).text.includes("a"));
});

test("a file is what its bytes are", () => {
  assert.equal(kindOf("a.txt", Uint8Array.of(0x89, 0x50, 0x4e, 0x47)).type, "image/png");
  assert.equal(kindOf("a.png", bytes("<script>")).kind, "text");
  assert.equal(kindOf("a.pdf", bytes("%PDF-1.7")).type, "application/pdf");
  assert.deepEqual(kindOf("a.html", bytes("<html>")), { kind: "text", type: "text/plain" });
  assert.equal(kindOf("a.svg", bytes("<svg/>")).type, "image/svg+xml");
  assert.equal(kindOf("a.svg", Uint8Array.of(1, 0, 2)).kind, "bytes");
  assert.equal(kindOf("a.md", bytes("ü".repeat(3000)).subarray(0, 4097)).kind, "markdown");
});

test("a picture says how many points it has", () => {
  const of = (hex: string) => points(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
  assert.equal(of("89504e470d0a1a0a0000000d49484452000075300000753008"), 900_000_000);
  assert.equal(of("474946383961ffff0100"), 65_535);
  assert.equal(of("ffd8ffe000044a46ffc4000300ffc00011080200010003"), 512 * 256);
  assert.equal(of("524946460000000057454250565038580a00000000000000ff0300ff0100"), 1024 * 512);
  assert.equal(of("5249464600000000574542505650384c0a0000002fffc07f00"), 256 * 512);
  assert.equal(of("52494646000000005745425056503820000000000000009d012a00020001"), 512 * 256);
  assert.equal(of("89504e47"), 0);
});

test("files that go with a message are told apart from its text", () => {
  const both = { text: "Look at\n\nthese", files: ["uploads/a.png", "uploads/b.zip"], nameless: 0 };
  assert.deepEqual(heard(written(both.text, both.files)), both);
  assert.deepEqual(heard(written("", ["a b"])), { text: "", files: ["a b"], nameless: 0 });
  assert.equal(heard("There is a file for you: a\nb").text, "There is a file for you: a\nb");
  const blocks = [{ type: "image" }, { type: "image" }, { type: "document", title: "c.pdf" }, { type: "document" }];
  const found = heardIn([...blocks, { type: "text", text: written("So", ["a.png", "c.pdf"]) }]);
  assert.deepEqual(found, { text: "So", files: ["c.pdf", "a document", "a.png"], nameless: 1 });
});

test("tables are read as they are written", () => {
  assert.deepEqual(rows('a,b\r\n1,"x, ""y""\nz"\n', 9), [
    ["a", "b"],
    ["1", 'x, "y"\nz'],
  ]);
  assert.deepEqual(rows("a;b;c\n1;2;3", 9), [
    ["a", "b", "c"],
    ["1", "2", "3"],
  ]);
  assert.deepEqual(rows("a\nb\nc", 2), [["a"], ["b"]]);
  assert.deepEqual(rows("", 9), []);
});

test("of a long table the beginning is read, and the rest is counted as well as it can be", () => {
  const head = ["a", "b"];
  const lines = (count: number) => Array.from({ length: count }, (_, row) => `${row},x\n`).join("");
  const of = (text: string, times: number, most: number) => {
    const { head, body, more, about } = table(text, times, most);
    return [head, body.length, more, about];
  };
  assert.deepEqual(of(`a,b\n${lines(3)}`, 1, 3), [head, 3, 0, false]);
  assert.deepEqual(of(`a,b\n${lines(4)}`, 1, 3), [head, 3, 1, false]);
  assert.deepEqual(of(`a,b\n${lines(4)}"4\n",x`, 1, 3), [head, 3, 3, true]);
  assert.deepEqual(of(`a,b\n${lines(9)}9,`, 100, 20), [head, 9, 1090, true]);
  assert.deepEqual(of("", 1, 3), [[], 0, 0, false]);
});

test("a name that its bytes belie is said", () => {
  assert.equal(claimed("a.PDF", "text"), "PDF");
  assert.equal(claimed("a.pdf", "pdf"), "");
  assert.equal(claimed("a.md", "text"), "");
});

test("arguments are said as one would say them", () => {
  assert.equal(input("bash", { command: "ls -l\npwd" }), "ls -l\npwd");
  assert.equal(input("write_file", { path: "a.md", content: "# A\nb" }), "path: a.md\ncontent:\n  # A\n  b");
  assert.equal(input("x", { deep: { a: 1 } }), 'deep:\n  {\n    "a": 1\n  }');
});

test("a drawing that draws itself over and over is not drawn", () => {
  const level = (number: number, inside: string) => `<g y=" id='b'" id="a${number}" x=">">${inside}</g>`;
  const nested = (times: string) =>
    level(0, "<path/>") + Array.from({ length: 8 }, (_, at) => level(at + 1, times.replaceAll("#", `#a${at}`))).join("");
  const all = (inside: string) => `<?xml version="1.0"?><!-- <use href="#a"> --><svg>${inside}<use href="#a8"/></svg>`;
  const tens = '<use xlink:href="#"/>'.repeat(10);
  assert.equal(swells(all(`<defs>${nested(tens)}</defs>`)), true);
  assert.equal(swells(all(`<defs>${nested(tens.replaceAll("use ", "s:use "))}</defs>`)), true);
  assert.equal(swells(`<svg><g id="a"><use href='#b'/></g><g id="b"><use href='#a'/></g><use href="#a"/></svg>`), true);
  assert.equal(swells(`<!DOCTYPE svg [<!ENTITY a "<use href='#a'/>">]><svg/>`), true);
  assert.equal(swells('<svg><use href="&#35;a"/></svg>'), true);
  assert.equal(swells('<svg><image href="data:image/svg+xml;base64,AAAA"/></svg>'), true);
  assert.equal(swells(all(`<defs>${level(8, "<path d='M0 0'/>")}</defs>${'<use href="#a8"/>'.repeat(5000)}`)), false);
  assert.equal(kindOf("a.svg", bytes(all(nested(tens)))).kind, "text");
  assert.equal(kindOf("a.svg", bytes("<svg><text id='a'>a &amp; b</text></svg>")).kind, "drawing");
});

test("what is not seen in a text is written", () => {
  assert.equal(input("bash", { command: "ls\u202e # \u200b\u0007" }), "ls<U+202E> # <U+200B><U+0007>");
  assert.equal(input("write_file", { content: "a\r\nb\tc 👩‍🔧 می‌خواهم" }), "content:\n  a\r\n  b\tc 👩‍🔧 می‌خواهم");
  assert.equal(input("x", { "path: b\nc": "d" }), '"path: b\\nc": d');
  assert.equal(inLine("constructor", { path: "a\u202eb" }), "a<U+202E>b");
});

test("versions differ in fields and lines", () => {
  assert.deepEqual(differences({ version: 1, name: "a", text: "x\ny" }, { version: 2, name: "a", text: "x\nz" }), [
    {
      field: "text",
      lines: [
        { text: "x", in: "both" },
        { text: "y", in: "old" },
        { text: "z", in: "new" },
      ],
    },
  ]);
  assert.deepEqual(
    lines(["a", "b"], ["b", "c"]).map((line) => `${line.in} ${line.text}`),
    ["old a", "both b", "new c"],
  );
});

test("a turn is gone on with from its cursor, and without one from its beginning", () => {
  const from = { base: "http://a", session: "sess_1", turn: "msg_1", keyed: false };
  for (const [name, text] of elsewhere({ ...from, after: 41 })) assert.match(text, /41/, name);
  for (const [name, text] of elsewhere({ ...from, after: -1 })) assert.doesNotMatch(text, /-1|after|--from/, name);
});

test("a long turn folds what is over, a hundred entries a fold", () => {
  assert.deepEqual([0, 500, 501, 700, 7000].map((many) => foldsOf(many).length), [0, 0, 2, 4, 67]);
});
