/** Markdown as a part of a page: its files open beside it, and its pictures come from the workspace alone. */
import { signal } from "@preact/signals";
import type { Token } from "marked";
import { useEffect, useMemo } from "preact/hooks";
import { ask, here } from "../state/here.ts";
import { Picture } from "./picture.tsx";
import { lexed } from "./lexed.ts";
import { elements } from "./tokens.ts";

/** What cuts a text into tokens comes with the first one: until then a text is shown as it was written. */
const lexer = signal<((text: string) => Token[]) | undefined>(undefined);
let asked = false;

/** A text of the agent's, or of a file. It is cut anew when it is another: of a long one nothing new may be shown. */
export function Markdown({ text, session }: { text: string; session: string }) {
  useEffect(load, []);
  const lex = lexer.value;
  return useMemo(() => drawn(text, session), [lex, text, session]);
}

function load(): void {
  if (asked) return;
  asked = true;
  import("marked").then(
    ({ Lexer }) => (lexer.value = lexed(Lexer)),
    () => (asked = false), // it stays as it was written, and the next one asks again
  );
}

function drawn(text: string, session: string) {
  const tokens = cut(text);
  return (
    <div class={tokens ? "prose" : "prose written"}>
      {tokens
        ? elements(tokens, {
            openFile: (path) => ask({ ...here.peek().asked, file: path }),
            picture: (path, alt) => <Picture session={session} path={path} alt={alt} />,
          })
        : text}
    </div>
  );
}

/** undefined: there is no lexer yet, or it does not take the text. */
function cut(text: string): Token[] | undefined {
  try {
    return lexer.value?.(text);
  } catch {
    return undefined;
  }
}
