/** Markdown of the agent's, or of a file's, with what can be done in it. */
import { useMemo } from "preact/hooks";
import { ask, here } from "../state/here.ts";
import { elements } from "./elements.ts";
import { Picture } from "./picture.tsx";

/** A text, drawn anew when it is another: of a long one nothing new may be shown. */
export function Markdown({ text, session }: { text: string; session: string }) {
  const shown = useMemo(() => {
    const openFile = (path: string) => ask({ ...here.peek().asked, file: path });
    const picture = (path: string, alt: string) => <Picture session={session} path={path} alt={alt} />;
    return elements(text, { openFile, picture });
  }, [text, session]);
  return <div class="prose">{shown}</div>;
}
