/** Markdown as elements: what CommonMark says of it, with tables and tasks as GitHub has them; and none that takes for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VNode } from "preact";
import { elements } from "../src/render/elements.ts";

/** Elements as HTML is written, without what ours have beside it. */
function html(node: unknown): string {
  if (Array.isArray(node)) return node.map(html).join("");
  if (typeof node !== "object" || node === null) return node === undefined || node === null || node === false ? "" : String(node);
  const { type, props } = node as VNode<Record<string, unknown>>;
  const said = html(props["children"]);
  const about = ["class", "href", "start", "aria-label"].filter((name) => props[name] !== undefined);
  if (type === "span" && !about.length) return said;
  return `<${[type, ...about.map((name) => `${name}=${props[name]}`)].join(" ")}>${said}</${type}>`;
}

const SAID: Record<string, [markdown: string, shown: string][]> = {
  blocks: [
    ["# A #\nb\nc\n\nd", "<h2>A</h2><p>b\nc</p><p>d</p>"],
    ["a\n===\nb\n---\n***", "<h2>a</h2><h3>b</h3><hr></hr>"],
    ["####### a\n#b", "<p>####### a\n#b</p>"],
    ["> a\nb\n>\n> c\n\n> d", "<blockquote><p>a\nb</p><p>c</p></blockquote><blockquote><p>d</p></blockquote>"],
    ["> a\n===\n- b", "<blockquote><p>a</p></blockquote><p>===</p><ul><li>b</li></ul>"],
    ["    a\n\n      b\nc", "<figure class=code><pre><code>a\n\n  b</code></pre></figure><p>c</p>"],
    ["```py x\n<a>\n\n```\nb", "<figure class=code><figcaption>py</figcaption><pre><code><a>\n</code></pre></figure><p>b</p>"],
    ["~~~\n```\na", "<figure class=code><pre><code>```\na</code></pre></figure>"],
    ["<div>\n*a*\n\n*b*", "<p class=raw><div>\n*a*</p><p><em>b</em></p>"],
    ["<!-- a\n\nb -->\nc", "<p class=raw><!-- a\n\nb --></p><p>c</p>"],
    ["<b>a</b> *c*", "<p><b>a</b> <em>c</em></p>"],
    ["<T> is *a*\n<U> and *b*", "<p><T> is <em>a</em>\n<U> and <em>b</em></p>"],
    ["<a-b>*c*</a-b>\n<?d e?>\n\n<summary\n>f\n\n<!doctype html>", "<p class=raw><a-b>*c*</a-b>\n<?d e?></p><p class=raw><summary\n>f</p><p class=raw><!doctype html></p>"],
    ["a\n-", "<p>a\n-</p>"],
    ["a\n=\n--", "<h2>a</h2><p>--</p>"],
    ["````\n```\na\n```\n````\nb", "<figure class=code><pre><code>```\na\n```</code></pre></figure><p>b</p>"],
  ],
  lists: [
    ["- a\n- b\n\nc", "<ul><li>a</li><li>b</li></ul><p>c</p>"],
    ["- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
    ["3. a\n4. b\n5) c", "<ol start=3><li>a</li><li>b</li></ol><ol start=5><li>c</li></ol>"],
    ["a\n2. b\n- c", "<p>a\n2. b</p><ul><li>c</li></ul>"],
    ["- a\n  - b\n    c\n\n  d", "<ul><li><p>a</p><ul><li>b\nc</li></ul><p>d</p></li></ul>"],
    ["* a\n*\n\n* c", "<ul><li><p>a</p></li><li></li><li><p>c</p></li></ul>"],
    ["- ```\n  a\n   b\n  ```\nc", "<ul><li><figure class=code><pre><code>a\n b</code></pre></figure></li></ul><p>c</p>"],
    ["-\ta\n\n\tb", "<ul><li><p>a</p><p>b</p></li></ul>"],
    ["- [x] a\n- [ ] b\n- [y] c", "<ul><li class=task><span class=tick aria-label=done>☑</span>a</li><li class=task><span class=tick aria-label=to do>☐</span>b</li><li>[y] c</li></ul>"],
    ["* * *\n- a\n* * *", "<hr></hr><ul><li>a</li></ul><hr></hr>"],
  ],
  tables: [
    [
      "x\n| a | b\\|c |\n|:-:|--:|\n| *d* | e | f |\n| g\n\nh",
      "<p>x</p><div class=wide aria-label=Table><table><thead><tr><th class=to-center>a</th><th class=to-right>b|c</th></tr></thead><tbody><tr><td class=to-center><em>d</em></td><td class=to-right>e</td></tr><tr><td class=to-center>g</td><td class=to-right></td></tr></tbody></table></div><p>h</p>",
    ],
    ["a | b\n-|-|-", "<p>a | b\n-|-|-</p>"],
    ["a|b\n-|-\nc<br>d<BR />e|<br x>", "<div class=wide aria-label=Table><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c<br></br>d<br></br>e</td><td><br x></td></tr></tbody></table></div>"],
  ],
  emphasis: [
    ["*a* **b** ***c*** ~~d~~ ~e~", "<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <del>d</del> <del>e</del></p>"],
    ["a_b_c __d__ 2*3*4 * e *", "<p>a_b_c <strong>d</strong> 2<em>3</em>4 * e *</p>"],
    ["**a *b** c*", "<p><em><em>a <em>b</em></em> c</em></p>"],
    ["*a **b** c*", "<p><em>a <strong>b</strong> c</em></p>"],
    ["`` a`b `` `c", "<p><code>a`b</code> `c</p>"],
    ["\\*a\\* b\\\nc  \nd\\e", "<p>*a* b<br></br>c<br></br>d\\e</p>"],
    ["**「a」**字和**（b）**，**c。**d **c.**d", "<p><strong>「a」</strong>字和<strong>（b）</strong>，<strong>c。</strong>d **c.**d</p>"],
    ["字_（a）_字 (_a_) （_a_）", "<p>字_（a）_字 (<em>a</em>) （<em>a</em>）</p>"],
    ["&lt;b&gt; &#42;a&#42; &nope;", "<p><b> *a* &nope;</p>"],
  ],
  links: [
    ["[a *b*](https://c.de/f_(g) \"h\")", "<p><a href=https://c.de/f_(g)>a <em>b</em><span class=host> (c.de)</span></a></p>"],
    ["[A] [b][a] [c][] [d][e]\n\n[a]: <https://x.y/> 'z'", "<p><a href=https://x.y/>A<span class=host> (x.y)</span></a> <a href=https://x.y/>b<span class=host> (x.y)</span></a> [c][] [d][e]</p>"],
    ["(https://a.bc/d?e=1&amp;f). www.g.hi!", "<p>(<a href=https://a.bc/d?e=1&f>https://a.bc/d?e=1&f</a>). <a href=http://www.g.hi/>www.g.hi</a>!</p>"],
    ["见https://a.bc/d，（https://e.fg/）。“https://h.ij/”", "<p>见<a href=https://a.bc/d>https://a.bc/d</a>，（<a href=https://e.fg/>https://e.fg/</a>）。“<a href=https://h.ij/>https://h.ij/</a>”</p>"],
    ["a[^1] [^b]\n\n[^1]: Name\n[^b]: https://c.de/", "<p>a[^1] [^b]</p><p>[^1]: Name</p><p>[^b]: <a href=https://c.de/>https://c.de/</a></p>"],
    ["[a][b] [c](https://d.ef/ 'g')\n\n[b]: https://d.ef/ (h)", "<p><a href=https://d.ef/>a<span class=host> (d.ef)</span></a> <a href=https://d.ef/>c<span class=host> (d.ef)</span></a></p>"],
    ["<https://a.bc/> <d@e.fg>", "<p><a href=https://a.bc/>https://a.bc/</a> <a href=mailto:d@e.fg>d@e.fg</a></p>"],
    ["[![a](https://b.cd/e.png)](https://f.gh)", "<p><a href=https://f.gh/>picture: a<span class=host> (f.gh)</span></a></p>"],
    ["[a [b](https://c.de/) f](https://g.hi)", "<p>[a <a href=https://c.de/>b<span class=host> (c.de)</span></a> f](<a href=https://g.hi/>https://g.hi</a>)</p>"],
    ["[a](b c) [d](<e>f)", "<p>[a](b c) [d](<e>f)</p>"],
    ["[a](<javascript&colon;b>) [a](&#106;avascript:b)", "<p>a [a](&#106;avascript:b)</p>"],
  ],
};

for (const [name, list] of Object.entries(SAID))
  test(`markdown: ${name}`, () => {
    for (const [markdown, shown] of list) assert.equal(html(elements(markdown)), shown, markdown);
  });

const OVER = "[ ![ ] * _a `` <a <!-- [a]( [a](b_\"x [a](( >_ -_ 1._ __ | http:// http://a) www.a&b; #_ ~~a_ & \\ ```↵ ~~~ <script> [a]:_b↵ [a *a* a*b **a_*b_ *_ a__↵ =↵ [a][b] -_a↵ __-_a↵ |a|b|↵|-|-|↵";

test("what is written over and over takes no longer than a text of its length", () => {
  for (const each of OVER.split(" ")) {
    const part = each.replaceAll("_", " ").replaceAll("↵", "\n");
    elements(part.repeat(64_000 / part.length));
  }
  const deep = Array.from({ length: 400 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n");
  const wide = `${"|a".repeat(8000)}\n${"|-".repeat(8000)}\n${"|b\n".repeat(2000)}`;
  for (const each of [deep, wide, `[a](b${" ".repeat(64_000)}c`, `http://a${")".repeat(64_000)}`]) elements(each);
});
