/** Facts of a session: how it was made, and how to go on with it from elsewhere. */
import { useState } from "preact/hooks";
import type { Log } from "../../log/live.ts";
import type { Session } from "../../state/board.ts";
import { base, isKeyed } from "../../state/server.ts";
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
export function Facts({ session, live }: { session: Session | undefined; live: Log }) {
  if (!session) return <p class="calm">Nothing is known of it yet.</p>;
  const turn = live.conversation.turns.at(-1)?.id ?? "";
  return (
    <>
      <Elsewhere session={session.id} turn={turn} cursor={live.cursor} />
      <dl class="facts">
        <div>
          <dt>id</dt>
          <dd>
            <code>{session.id}</code>
          </dd>
        </div>
        {Object.entries(session)
          .filter(
            ([name, value]) =>
              !HIDDEN.has(name) && value !== null && value !== "" && !(Array.isArray(value) && !value.length),
          )
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name.replaceAll("_", " ")}</dt>
              <dd>
                {TIMES.has(name) ? (
                  exact(value as number)
                ) : typeof value === "object" ? (
                  <code>{JSON.stringify(value)}</code>
                ) : (
                  String(value)
                )}
              </dd>
            </div>
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

function Elsewhere({ session, turn, cursor }: { session: string; turn: string; cursor: string }) {
  const ways = elsewhere({ base, session, turn, cursor, keyed: isKeyed() });
  const [name, setName] = useState(ways[0]?.[0] ?? "");
  const text = ways.find(([each]) => each === name)?.[1] ?? "";
  if (!turn) return null;
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
        <button type="button" onClick={() => void doing(() => navigator.clipboard.writeText(text), "Copied.")}>
          Copy
        </button>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
