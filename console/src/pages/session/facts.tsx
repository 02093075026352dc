/** Facts of a session: how it was made, and how to go on with it from elsewhere. */
import { useState } from "preact/hooks";
import type { Log } from "../../log/live.ts";
import { isOver } from "../../log/view.ts";
import type { Session } from "../../state/board.ts";
import { base, isKeyed } from "../../state/server.ts";
import { copy } from "../../ui/copy.ts";
import { Fact, isSaid } from "../../ui/fact.tsx";
import { doing } from "../../ui/said.tsx";
import { exact } from "../../ui/words.ts";
import { elsewhere } from "./elsewhere.ts";

const HIDDEN = new Set([
  "id",
  "title",
  "busy",
  "status",
  "metadata",
  "pending_tool_calls",
  "queue",
  "response_id",
  "last_response",
]);
const TIMES = new Set(["created_at", "last_activity", "expires_at"]);

/** The record, and commands. */
export function Facts({ session, live, turn: chosen }: { session: Session | undefined; live: Log; turn: string }) {
  live.frame.value;
  if (!session) return <p class="calm">Nothing is known of it yet.</p>;
  const { turns } = live.conversation;
  const turn = turns.find((each) => each.id === chosen) ?? turns.at(-1);
  return (
    <>
      {turn && <Elsewhere session={session.id} turn={turn.id} after={isOver(turn) ? -1 : turn.last} />}
      <dl class="facts">
        <Fact name="id">
          <code>{session.id}</code>
        </Fact>
        {Object.entries(session)
          .filter(([name, value]) => !HIDDEN.has(name) && isSaid(value))
          .map(([name, value]) => (
            <Fact key={name} name={name}>
              {TIMES.has(name) ? (
                exact(value as number)
              ) : typeof value === "object" ? (
                <code>{JSON.stringify(value)}</code>
              ) : (
                String(value)
              )}
            </Fact>
          ))}
      </dl>
      {Object.keys(session.metadata).length > 0 && (
        <>
          <h2>Metadata</h2>
          <pre tabIndex={0}>{JSON.stringify(session.metadata, null, 2)}</pre>
        </>
      )}
    </>
  );
}

/** Of a turn that goes on: from the event on that is the last one here; of one that is over, from its beginning. */
function Elsewhere({ session, turn, after }: { session: string; turn: string; after: number }) {
  const ways = elsewhere({ base, session, turn, after, keyed: isKeyed() });
  const [name, setName] = useState(ways[0]?.[0] ?? "");
  const text = ways.find(([each]) => each === name)?.[1] ?? "";
  return (
    <section aria-label="Continue in …">
      <div class="row tight">
        <b>Continue in</b>
        <select aria-label="Continue in" value={name} onChange={(event) => setName(event.currentTarget.value)}>
          {ways.map(([each]) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <span class="fill" />
        <button type="button" onClick={() => void doing(() => copy(text), "Copied.")}>
          Copy
        </button>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
