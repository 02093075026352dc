/** Cuts markdown into tokens, in a time that grows with the text: some of marked's rules take its square. */
import type { Lexer, Token } from "marked";

/** Characters of a paragraph, or of a cell, that is searched for emphasis, links and the like; longer ones are text. */
const MOST = 5000;

/** What cuts a text, made of marked's own. Throws a RangeError for what is nested too deep. */
export function lexed(Marked: typeof Lexer): (text: string) => Token[] {
  class Careful extends Marked {
    override inlineTokens(text: string, tokens: Token[] = []): Token[] {
      if (text.length <= MOST) return super.inlineTokens(text, tokens);
      tokens.push({ type: "text", raw: text, text, escaped: false });
      return tokens;
    }
  }
  return (text) => new Careful({ gfm: true }).lex(text);
}
