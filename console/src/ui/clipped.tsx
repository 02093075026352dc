/** A long text, of which the beginning is shown until somebody wants all of it. */
import { type ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { count } from "./words.ts";

/** Characters of one text that are shown at first. */
export const SHOWN = 64_000;

/** Give a text to what draws it, as it is by default, cut if it is long. */
export function Clipped({
  text,
  draw = (text) => <pre tabIndex={0}>{text}</pre>,
  most = SHOWN,
}: {
  text: string;
  draw?: (text: string) => ComponentChild;
  most?: number;
}) {
  const [all, setAll] = useState(false);
  if (all || text.length <= most) return <>{draw(text)}</>;
  return (
    <>
      {draw(text.slice(0, most))}
      <p>
        <button type="button" onClick={() => setAll(true)}>
          Show all {count(text.length)} characters
        </button>
      </p>
    </>
  );
}
