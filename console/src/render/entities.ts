/** Letters of markdown that are written in another way: with a backslash, or as entities. */

/** What is written with backslashes and entities, as it is meant. */
export const plain = (text: string): string => unescaped(text.replace(/\\([!-/:-@[-`{-~])/g, "$1"));

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Entities as the letters that they are; of those with names the ones that HTML needs. */
export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
