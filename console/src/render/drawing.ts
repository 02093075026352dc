/** Whether a drawing can be shown: one that draws its parts again and again, in parts of parts, holds a browser for ever. */

/** How often parts of a drawing may be drawn again, those in parts counted. */
const MOST = 200_000;

const DEEP = 500;
/** What names an element, or leads to one; whatever else is quoted is gone over. */
const ATTRIBUTES = /\s(id|xml:id|(?:[\w.-]{1,50}:)?href)\s*=\s*(?:"([^"]*)"|'([^']*)')|"[^"]*"|'[^']*'/g;

/** Whether a drawing comes to more than a browser draws, or cannot be counted. */
export function swells(text: string): boolean {
  if (/data:\s*image\/svg/i.test(text)) return true; // a drawing inside, which nobody has counted
  const inside = new Map<string, string[]>([["", []]]);
  const open: string[] = [""];
  for (const tag of tags(text)) {
    if (tag.startsWith("!") && tag.includes("<")) return true; // it declares elements
    if (tag.startsWith("/") && open.length > 1) open.pop();
    if (/^[!?/]/.test(tag)) continue;
    const { id, used } = named(tag);
    if ([id, ...used].some((each) => each.includes("&"))) return true;
    // what is used counts for all that it is in
    for (const each of used) for (const around of new Set([...open, id])) add(inside, around, each);
    if (!tag.endsWith("/")) open.push(id);
    if (open.length > DEEP) return true;
  }
  return drawn(inside, "", new Map(), new Set()) > MOST;
}

/** An element's id, and which others it draws again. */
function named(tag: string): { id: string; used: string[] } {
  const found = { id: "", used: [] as string[] };
  const draws = /^(?:[^\s:]*:)?use(?=[\s/]|$)/.test(tag);
  for (const [, name = "", double, single] of tag.matchAll(ATTRIBUTES)) {
    const value = (double ?? single ?? "").trim();
    if (name === "id" || name === "xml:id") found.id = value;
    else if (draws && name.endsWith("href")) found.used.push(value.replace(/^#/, ""));
  }
  return found;
}

function add(inside: Map<string, string[]>, id: string, used: string): void {
  if (!inside.get(id)?.push(used)) inside.set(id, [used]);
}

/** How often something is drawn for one that is drawn; infinite where it is drawn in itself. */
function drawn(inside: Map<string, string[]>, id: string, known: Map<string, number>, above: Set<string>): number {
  const before = known.get(id);
  if (before !== undefined) return before;
  if (above.has(id) || above.size > 1000) return Infinity;
  above.add(id);
  let sum = 1;
  for (const each of inside.get(id) ?? []) sum += drawn(inside, each, known, above);
  above.delete(id);
  known.set(id, sum);
  return sum;
}

/** Give what stands between `<` and `>`, whatever is quoted; comments and plain text are left out. */
function* tags(text: string): Generator<string> {
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at)) {
    const [begin, end] = [["<!--", "-->"] as const, ["<![CDATA[", "]]>"] as const].find(([each]) =>
      text.startsWith(each, at),
    ) ?? ["<", ""];
    if (end) {
      const over = text.indexOf(end, at + begin.length);
      if (over < 0) return;
      at = over + end.length;
      continue;
    }
    let quote = "";
    let over = at + 1;
    for (; over < text.length; over++) {
      const letter = text[over] as string;
      if (quote) quote = letter === quote ? "" : quote;
      else if (letter === '"' || letter === "'") quote = letter;
      else if (letter === ">") break;
    }
    yield text.slice(at + 1, over).trim();
    at = over;
  }
}
