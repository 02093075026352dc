/** Lines of markdown: by which marks a block begins, and how far one is set in. */

export const BLANK = /^[ \t]*$/;
export const CODE = /^(?: {4}| {0,3}\t)/;
export const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
export const HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)(.*)$/;
export const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
export const QUOTE = /^ {0,3}> ?/;
/** Its mark with what is before that, the mark, the space behind it, and whether something follows. */
export const BULLET = /^( {0,3})([-*+]|\d{1,9}[.)])(?=([ \t]+|$)(\S?))/;
/** One alone is what a list begins with, of which the rest is still to come. */
export const UNDERLINE = /^ {0,3}(=+|--+)[ \t]*$/;

/** A comment, or a line that ends with a tag as well: in others a tag is a word of a sentence. */
const TAG = /^<(?:!--|[!?/]?[a-z[][\w-]*(?:[\s/>].*(?<=>))?$)/i;
/** HTML that begins with one of these is a line of text, as it is within one. */
const INLINE = /^<\/?(?:a|b|br|code|del|em|i|img|ins|kbd|mark|s|small|span|strong|su[bp]|u)[\s/>]/i;
/** A list that begins within a paragraph begins at one, and with something; what a footnote says is a paragraph. */
const BEGUN = /^ {0,3}(?:(?:[-*+]|1[.)])[ \t]+\S|\[\^.+?\]:)/;

/** Whether HTML begins there. */
export function HTML(line: string): boolean {
  const said = line.trim();
  return said.startsWith("<") && TAG.test(said) && !INLINE.test(said);
}

/** Whether a line goes on with a paragraph. */
export const isText = (line: string): boolean =>
  ![BLANK, FENCE, HEADING, RULE, QUOTE, BEGUN].some((mark) => mark.test(line)) && !HTML(line);

/** How many columns a text takes; a tab leads to the next multiple of four. */
export function columns(text: string): number {
  let column = 0;
  for (const letter of text) column += letter === "\t" ? 4 - (column % 4) : 1;
  return column;
}

/** The space that a line begins with. */
export const indent = (line: string): string => line.slice(0, line.search(/[^ \t]|$/));

/** A line without so many columns of the space before it, or all of that. */
export function outdented(line: string, most: number): string {
  const space = indent(line);
  let at = 0;
  while (at < space.length && columns(space.slice(0, at)) < most) at++;
  if (columns(space.slice(0, at)) <= most) return line.slice(at);
  return " ".repeat(columns(space) - most) + line.slice(space.length); // the end of a tab is left, as spaces
}

/** As a name is looked up. */
export const small = (name: string): string => name.trim().replace(/\s+/g, " ").toLowerCase();
