/** What was said to a turn, and the files that came with it. */
import type { Message } from "../../log/message.ts";
import { Clipped } from "../../ui/clipped.tsx";
import { exact, many } from "../../ui/words.ts";
import { Download } from "../parts/download.tsx";

/** Characters that are shown at first. */
const SAID = 16_000;

interface Told {
  /** undefined: not known here yet. */
  message: Message | undefined;
  session: string;
  at: number;
}

/** The words, and below them a chip for each file. */
export function You({ message, session, at }: Told) {
  const { text, files, nameless } = message ?? { text: "…", files: [], nameless: 0 };
  return (
    <>
      {text && (
        <div class="you" title={at ? exact(at) : undefined}>
          <span class="unseen">You: </span>
          <Clipped text={text} draw={(shown) => shown} most={SAID} />
        </div>
      )}
      {files.length + nameless > 0 && (
        <div class="chips given" role="group" aria-label="What came with it">
          {files.map((path) =>
            session ? (
              <Download key={path} session={session} path={path} />
            ) : (
              <span key={path} class="chip">
                {path}
              </span>
            ),
          )}
          {nameless > 0 && <span class="chip">{many(nameless, "picture")}</span>}
        </div>
      )}
    </>
  );
}
