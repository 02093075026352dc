/** Saying more to a session; while it works one says what is to become of it. */
import { useState } from "preact/hooks";
import type { Live } from "../../log/live.ts";
import { refresh, type Session } from "../../state/board.ts";
import { go } from "../../state/here.ts";
import { keep, kept, ofTab } from "../../state/kept.ts";
import { server } from "../../state/server.ts";
import { type OnBusy, say, uploaded } from "../../state/tasks.ts";
import { say as tell } from "../../ui/said.tsx";
import { Composer } from "../parts/composer.tsx";

const BUSY: { name: OnBusy; label: string; about: string }[] = [
  { name: "steer", label: "Tell it now", about: "The turn that runs sees it at its next step" },
  { name: "enqueue", label: "Queue", about: "A turn of its own, when this one is over" },
  { name: "interrupt", label: "Interrupt", about: "This turn is cancelled, and a new one begins" },
];
const OUTCOME: Record<string, string> = {
  queued: "It waits until this turn is over.",
  steered: "It is told at the next step.",
};

/** What was written to a session that is gone is not lost. */
function Over({ id }: { id: string }) {
  const draft = kept<string>(`draft ${id}`, ofTab);
  const anew = () => {
    keep("draft new", draft, ofTab);
    keep(`draft ${id}`, undefined, ofTab);
    go("");
  };
  return draft ? (
    <p class="reply">
      <button type="button" onClick={anew}>
        Begin a new session with what you have written
      </button>
    </p>
  ) : null;
}

/** The field below a conversation. */
export function Reply({ live, session }: { live: Live; session: Session | undefined }) {
  const [how, setHow] = useState<OnBusy>("steer");
  if (live.over.value) return <Over id={live.id} />;
  const busy = session?.busy ?? false;
  const send = async (text: string, files: File[]) => {
    const turn = await say(server().session(live.id), text, files, busy ? how : "enqueue");
    const said = { text, files: files.map(uploaded), nameless: 0 };
    if (turn.outcome !== "steered") live.remember(turn.id, said, turn.outcome === "queued");
    if (OUTCOME[turn.outcome]) tell(OUTCOME[turn.outcome] ?? "");
    refresh(live.id);
  };
  return (
    <div class="reply">
      <Composer
        draft={live.id}
        label={busy ? "Say something meanwhile …" : "Say more …"}
        button="Send"
        send={send}
        autofocus={false}
      >
        {busy && (
          <fieldset class="switch">
            <legend class="unseen">While it works</legend>
            {BUSY.map((each) => (
              <label key={each.name} title={each.about}>
                <input type="radio" name="busy" checked={how === each.name} onChange={() => setHow(each.name)} />
                <span>{each.label}</span>
              </label>
            ))}
          </fieldset>
        )}
      </Composer>
    </div>
  );
}
